import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FoldWindow } from '#src/local/worker/foldWindow.ts';

const concat = (a: unknown, b: unknown): unknown => `${a}${b}`;
const never = (): never => {
  throw new Error('nothing fails here');
};

/** The keys of a batch, and whether the batch is run a second time. */
const batch = fc.record({
  keys: fc.uniqueArray(fc.constantFrom('a', 'b', 'c'), { maxLength: 3 }),
  again: fc.boolean(),
});

test('a window by key holds what its last batches brought, oldest first, also if batches are run again', () => {
  fc.assert(
    fc.property(fc.array(batch, { maxLength: 60 }), fc.integer({ min: 1, max: 9 }), (batches, length) => {
      const window = new FoldWindow({ length, slide: 1 }, 1);
      for (const [time, { keys, again }] of batches.entries()) {
        const value = (key: string, at: number) => `${key}${at} `;
        const run = (given: readonly string[]) => {
          window.takeBack(time - 1);
          window.slide(
            time,
            given.map((key) => ({ key, value: value(key, time) })),
            concat,
            never,
          );
        };
        if (again) run(['b', 'x']);
        run(keys);
        const meant = ['a', 'b', 'c'].flatMap((key) => {
          const values = batches.slice(0, time + 1).flatMap((one, at) => {
            return at > time - length && one.keys.includes(key as never) ? [value(key, at)] : [];
          });
          return values.length > 0 ? [[key, values.join('')]] : [];
        });
        expect([...window.pairs(concat, never)].sort()).toEqual(meant);
      }
    }),
  );
});

test('a merge costs what enters and leaves: a few for each batch, none of them all at once', () => {
  const keys = Array.from({ length: 50 }, (_, key) => ({ key, value: 1 }));
  const window = new FoldWindow({ length: 200, slide: 1 }, 1);
  let merges = 0;
  const counts: number[] = [];
  const add = (a: unknown, b: unknown): unknown => {
    merges++;
    return (a as number) + (b as number);
  };
  for (let time = 0; time < 2_000; time++) {
    merges = 0;
    window.slide(time, keys, add, never);
    counts.push(merges);
  }
  const settled = counts.slice(400);
  expect(settled.reduce((a, b) => a + b) / settled.length).toBeLessThan(2.1 * keys.length);
  expect(Math.max(...settled)).toBeLessThan(15 * keys.length);
});

test('a merge that fails ends the task and leaves the window as it was', () => {
  const window = new FoldWindow({ length: 3, slide: 1 }, 1);
  const fail = (_key: unknown, _values: unknown, thrown: unknown): never => {
    throw thrown;
  };
  const brittle = (a: unknown, b: unknown): unknown => {
    if (b === 'bad') throw new Error('bad');
    return concat(a, b);
  };
  window.slide(1, [{ key: 'a', value: '1' }], brittle, fail);
  window.slide(2, [{ key: 'a', value: '2' }], brittle, fail);
  const bad = [
    { key: 'b', value: 'fine' },
    { key: 'a', value: 'bad' },
  ];
  expect(() => window.slide(3, bad, brittle, fail)).toThrow('bad');
  window.takeBack(2);
  window.slide(3, [{ key: 'a', value: '3' }], brittle, fail);
  expect([...window.pairs(concat, never)]).toEqual([['a', '123']]);
});
