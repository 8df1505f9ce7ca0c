import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalJson, differences } from '#src/cli/compare.ts';

test('records are the same whatever the order of their fields', () => {
  expect(canonicalJson({ b: [{ d: 1, c: 2 }], a: null })).toBe('{"a":null,"b":[{"c":2,"d":1}]}');
});

test.each([
  [undefined, 'null'],
  [12n, '12'],
  [2n ** 64n + 1n, '"18446744073709551617"'],
  [new Date(0), '"1970-01-01T00:00:00.000Z"'],
  [new Map([['a', { c: 1, b: 2 }]]), '[["a",{"b":2,"c":1}]]'],
  [new Set([1]), '[1]'],
  [new Uint8Array([1, 2]), '[1,2]'],
  [Number.NaN, 'null'],
])('%o is compared as %s', (value, json) => {
  expect(canonicalJson(value)).toBe(json);
});

test('a batch is a multiset', () => {
  const batch = fc.array(fc.integer({ min: 0, max: 3 }));
  const shuffled = batch.chain((records) =>
    fc.tuple(fc.constant(records), fc.shuffledSubarray(records, { minLength: records.length })),
  );
  fc.assert(
    fc.property(shuffled, ([a, b]) => {
      expect(differences('s', [a], [b], false)).toEqual([]);
    }),
  );
});

test('what is there once too often, or once too rarely, is told', () => {
  expect(differences('s', [[1, 1, 2]], [[1, 2, 2]], false)).toEqual([
    { stream: 's', batch: 1, missing: ['1'], unexpected: ['2'] },
  ]);
});
