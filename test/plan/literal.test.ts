import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fromLiteral, toLiteral } from '#src/plan/literal.ts';
import { expectSame } from './equality.ts';
import { anyJson, anyValue } from './values.arbitrary.ts';

const throughJson = (value: unknown): unknown => fromLiteral(JSON.parse(JSON.stringify(toLiteral(value))));

test('every value survives JSON', () => {
  fc.assert(
    fc.property(anyValue, (value) => {
      expectSame(throughJson(value), value);
    }),
    { numRuns: 500 },
  );
});

test('what JSON holds stays readable', () => {
  fc.assert(
    fc.property(anyJson, (value) => {
      if (!JSON.stringify(value).includes('$value')) expectSame(toLiteral(value), value);
    }),
  );
});

test.each([
  [{ $value: 'text' }],
  [{ $value: { $value: 1 } }],
  [{ $value: 1, other: 2 }],
  [[{ $value: new Map([['$value', -0]]) }]],
])('a value that looks like a literal is itself (%#)', (value) => {
  expectSame(throughJson(value), value);
});

test('the form of a value that JSON cannot hold', () => {
  expect(toLiteral({ at: new Date(0), n: 1 })).toEqual({ at: { $value: 'AQkAAAAAAAAAAA==' }, n: 1 });
});

test('what is not a value is refused', () => {
  expect(() => toLiteral({ f: () => 1 })).toThrow('Expected a record value, but got a function at .f.');
});

test.each([[{ $value: 'AgA=' }], [{ $value: '' }], [{ $value: 5 }], [{ $value: 'AUE=' }]])(
  'a damaged literal is noticed (%#)',
  (literal) => {
    expect(() => fromLiteral(literal)).toThrow(expect.objectContaining({ code: 'bug' }));
  },
);
