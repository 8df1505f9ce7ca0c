import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalBytes, canonicalKey } from '#src/plan/canonical.ts';
import { keyGroup, murmur3, partitionOfGroup } from '#src/plan/hash.ts';
import { KeyedTable } from '#src/plan/keyedTable.ts';
import { sameKey } from './equality.ts';
import { anyKey, anyText } from './values.arbitrary.ts';

/** The same key, made anew with its fields in another order and its zeros turned round. */
function twin(key: unknown): unknown {
  if (key === 0) return Object.is(key, -0) ? 0 : -0;
  if (typeof key !== 'object' || key === null) return key;
  if (key instanceof Date) return new Date(key);
  if (key instanceof Uint8Array) return Buffer.from(key);
  if (Array.isArray(key)) return key.map(twin);
  const copy = Object.create(null) as object;
  for (const [name, value] of Object.entries(key).reverse()) {
    Object.defineProperty(copy, name, { value: twin(value), enumerable: true, configurable: true, writable: true });
  }
  return copy;
}

/** Two keys that often nearly are the same. */
const twoKeys = fc.oneof(
  fc.tuple(anyKey, anyKey),
  anyKey.map((key) => [key, twin(key)] as const),
  fc.tuple(anyKey, fc.constantFrom(null, undefined, 0, '', [], {})).map(([key, other]) => [[key], [other]] as const),
);

test('canonical bytes are equal exactly for equal keys', () => {
  fc.assert(
    fc.property(twoKeys, ([a, b]) => {
      expect(canonicalKey(a) === canonicalKey(b)).toBe(sameKey(a, b));
    }),
    { numRuns: 2000 },
  );
});

test.each([
  [1, '1'],
  [1, 1n],
  [0, false],
  [null, undefined],
  [null, 'null'],
  [[], {}],
  [[1, 2], { 0: 1, 1: 2 }],
  [{ a: undefined }, {}],
  [new Date(1), 1],
  [Uint8Array.of(1), [1]],
  [['a', 'b'], ['a,b']],
])('keys of different type or content differ (%#)', (a, b) => {
  expect(canonicalKey(a)).not.toBe(canonicalKey(b));
});

test.each([[new Map()], [[new Set([1])]], [{ a: { b: new Map() } }]])('a Map or Set is no key (%#)', (key) => {
  expect(() => keyGroup(key)).toThrow(
    expect.objectContaining({ code: 'not-a-value', message: expect.stringContaining('Map or Set') }),
  );
});

describe('the key group', () => {
  test('is murmur3 of the canonical bytes, whichever way it is computed', () => {
    fc.assert(fc.property(fc.oneof(anyText, anyKey), (key) => keyGroup(key) === murmur3(canonicalBytes(key)) % 256));
  });

  test('murmur3 gives the published values', () => {
    const of = (text: string) => murmur3(Buffer.from(text));
    expect([of(''), of('test'), of('Hello, world!'), of('The quick brown fox jumps over the lazy dog')]).toEqual([
      0, 0xba6bd213, 0xc0363e43, 0x2e4ff723,
    ]);
  });

  // State on disk lies by key group: these never change while the plan says murmur3-32.
  test.each([
    ['', 103],
    ['spark', 8],
    ['schlüssel', 77],
    ['ключ', 139],
    [0, 29],
    [-1, 168],
    [1.5, 219],
    [null, 183],
    [true, 118],
    [10n, 124],
    [['a', 1], 204],
    [{ y: 2, x: 1 }, 202],
    [new Date(0), 241],
    [Uint8Array.of(1, 2, 3), 59],
  ])('stays as it is (%#)', (key, group) => {
    expect(keyGroup(key)).toBe(group);
  });

  test('of many words is spread evenly', () => {
    const sizes = new Array<number>(256).fill(0);
    for (let i = 0; i < 256_000; i++) sizes[keyGroup(`user-${i}`)]! += 1;
    expect(Math.min(...sizes)).toBeGreaterThan(850);
    expect(Math.max(...sizes)).toBeLessThan(1150);
  });
});

test.each([1, 2, 3, 7, 256, 300])('%i partitions own ranges of groups, none twice', (partitions) => {
  const owners = Array.from({ length: 256 }, (_, group) => partitionOfGroup(group, partitions));
  expect(owners).toEqual([...owners].sort((a, b) => a - b));
  expect(owners[0]).toBe(0);
  expect(new Set(owners).size).toBe(Math.min(partitions, 256));
  expect(Math.max(...owners)).toBeLessThan(partitions);
});

describe('a keyed table', () => {
  test('finds by value, whatever the key', () => {
    fc.assert(
      fc.property(fc.array(anyKey, { maxLength: 12 }), fc.array(anyKey, { maxLength: 5 }), (keys, others) => {
        const table = new KeyedTable<number>();
        const model: [unknown, number][] = [];
        for (const [index, key] of keys.entries()) {
          table.add(key, index);
          const known = model.find(([other]) => sameKey(other, key));
          if (known) known[1] = index;
          else model.push([key, index]);
        }
        expect(table.size).toBe(model.length);
        for (const key of [...keys.map(twin), ...others]) {
          expect(table.find(key)).toBe(model.find(([other]) => sameKey(other, key))?.[1]);
        }
        const seen: [unknown, number][] = [];
        table.forEach((key, cell) => {
          seen.push([key, cell]);
        });
        expect(seen).toEqual([...table]);
        expect(seen.map(([, cell]) => cell).sort()).toEqual(model.map(([, cell]) => cell).sort());
      }),
    );
  });

  test('forgets a key, and all', () => {
    const table = new KeyedTable<string>();
    table.add([1, 2], 'compound');
    table.add('a', 'text');
    expect([table.delete([1, 2]), table.delete([1, 2]), table.delete('a')]).toEqual([true, false, true]);
    table.add({}, 'again');
    table.clear();
    expect([table.size, table.find({}), [...table]]).toEqual([0, undefined, []]);
  });

  test('keeps the primitive ones in a plain Map', () => {
    const table = new KeyedTable<number>();
    table.primitives.set('direct', 1);
    expect(table.find('direct')).toBe(1);
  });

  test.each([[() => 1], [Symbol('s')], [new Map()], [/x/]])('refuses what is no key (%#)', (key) => {
    const refused = expect.objectContaining({ code: 'not-a-value' });
    expect(() => new KeyedTable().find(key)).toThrow(refused);
    expect(() => new KeyedTable().add(key, 1)).toThrow(refused);
  });
});
