import fc from 'fast-check';
import { expect, test } from 'vitest';
import { KeyedTable } from '#src/plan/keyedTable.ts';
import { KeyIndex, nowhere } from '#src/plan/keyIndex.ts';

const key = fc.oneof(
  fc.integer({ min: -20, max: 20 }),
  fc.string({ maxLength: 2 }),
  fc.constantFrom<unknown>(
    0.5,
    -0,
    Number.NaN,
    1e300,
    1n,
    2n ** 70n,
    true,
    false,
    null,
    undefined,
    '1',
    'true',
    'null',
  ),
  fc.tuple(fc.integer({ min: 0, max: 3 }), fc.constantFrom('a', 'b')),
);
const step = fc.record({ key, what: fc.constantFrom('add', 'add', 'remove', 'hide and show') });

/** A copy of another making, as keys come from different blocks. */
const copyOf = (key: unknown): unknown => (Array.isArray(key) ? [...key] : key);

test('finds what a KeyedTable finds, whatever was added and removed before', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const index = new KeyIndex();
      const table = new KeyedTable<number>();
      for (const { key, what } of steps) {
        const place = index.find(key);
        expect(place).toBe(table.find(copyOf(key)) ?? nowhere);
        if (place === nowhere) {
          if (what === 'add') table.add(key, index.add(copyOf(key)));
        } else if (what !== 'add') {
          index.hide(place);
          expect(index.find(key)).toBe(nowhere);
          if (what === 'hide and show') index.show(place);
          else {
            table.delete(key);
            index.release(place);
          }
        }
        expect(index.size).toBe(table.size);
      }
      for (const [known, place] of table) expect([index.find(copyOf(known)), index.key(place)]).toEqual([place, known]);
    }),
  );
});

test('grows, and gives places again that were released', () => {
  const index = new KeyIndex();
  for (let i = 0; i < 10_000; i++) index.add(`key${i}`);
  for (let i = 0; i < 10_000; i += 2) {
    const place = index.find(`key${i}`);
    index.hide(place);
    index.release(place);
  }
  const { end } = index;
  for (let i = 0; i < 5_000; i++) index.add(i);
  expect([index.end, index.size]).toEqual([end, 10_000]);
  for (let i = 0; i < 10_000; i++) expect(index.find(`key${i}`) !== nowhere).toBe(i % 2 === 1);
  for (let i = 0; i < 5_000; i++) expect(index.key(index.find(i))).toBe(i);
});

test('refuses what cannot be a key', () => {
  const index = new KeyIndex();
  for (const foreign of [Symbol('key'), () => 1, new Map()])
    expect(() => index.find(foreign)).toThrow(expect.objectContaining({ code: 'not-a-value' }));
});
