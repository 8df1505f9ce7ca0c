import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalKey } from '#src/plan/canonical.ts';
import { compareValues } from '#src/plan/order.ts';
import { anyKey, anyNumber, anyValue } from './values.arbitrary.ts';

/** Values that are often alike, so that the order has ties to break. */
const close = fc.oneof(
  anyValue,
  anyNumber,
  fc.bigInt({ min: -3n, max: 3n }),
  fc.array(fc.constantFrom(1, 1n, 'a', null), { maxLength: 3 }),
);

test('the order is total: antisymmetric and transitive', () => {
  fc.assert(
    fc.property(close, close, close, (a, b, c) => {
      expect(Math.sign(compareValues(a, b)) + Math.sign(compareValues(b, a))).toBe(0);
      if (compareValues(a, b) <= 0 && compareValues(b, c) <= 0) expect(compareValues(a, c)).toBeLessThanOrEqual(0);
    }),
    { numRuns: 2000 },
  );
});

test('two keys are level exactly if they are the same key', () => {
  fc.assert(
    fc.property(anyKey, anyKey, (a, b) => {
      expect(compareValues(a, a)).toBe(0);
      expect(compareValues(a, b) === 0).toBe(canonicalKey(a) === canonicalKey(b));
    }),
  );
});

test('the order by type and within each', () => {
  const ordered = [
    null,
    undefined,
    false,
    true,
    -Infinity,
    -5n,
    -1,
    0,
    0n,
    0.5,
    1,
    1n,
    2n ** 53n,
    2 ** 53 + 2,
    Infinity,
    Number.NaN,
    '',
    '10',
    '9',
    'Z',
    'a',
    '😀',
    '\uffff',
    new Date(-1),
    new Date(0),
    new Date(Number.NaN),
    new Uint8Array(0),
    Uint8Array.of(1, 2),
    Uint8Array.of(200),
    [],
    [1],
    [1, 0],
    ['a'],
    {},
    { a: 1 },
    { a: 1, b: 0 },
    { a: 2 },
    { b: 0 },
    new Map(),
    new Map([['a', 1]]),
    new Set(),
    new Set([1]),
  ];
  const shuffled = [...ordered.slice(20).reverse(), ...ordered.slice(0, 20).reverse()];
  // Array.prototype.sort puts undefined last without asking.
  const sorted = shuffled.filter((value) => value !== undefined).sort(compareValues);
  expect(sorted.map(String)).toEqual(ordered.filter((value) => value !== undefined).map(String));
  for (const [index, value] of ordered.slice(1).entries()) expect(compareValues(ordered[index], value)).toBeLessThan(0);
});

test.each([[() => 1], [Symbol('s')], [Promise.resolve(1)]])('what is not a value has no place (%#)', (x) => {
  expect(() => compareValues(x, 1)).toThrow(expect.objectContaining({ code: 'not-a-value' }));
  expect(() => compareValues([x], [1])).toThrow(expect.objectContaining({ code: 'not-a-value' }));
});
