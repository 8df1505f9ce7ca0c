import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FoldWindow } from '#src/local/worker/foldWindow.ts';

const concat = (a: unknown, b: unknown): unknown => `${a}${b}`;
const never = (): never => {
  throw new Error('nothing fails here');
};

/** Merges so many times, then fails. */
const breaking = (after: number): ((a: unknown, b: unknown) => unknown) => {
  let left = after;
  return (a, b) => {
    if (left-- === 0) throw new Error('breaks');
    return concat(a, b);
  };
};
const ends = (_key: unknown, _values: unknown, thrown: unknown): never => {
  throw thrown;
};

/** The keys of a batch, and after how many merges it fails the first time, if it does. */
const batch = fc.record({
  keys: fc.uniqueArray(fc.constantFrom('a', 'b', 'c'), { maxLength: 3 }),
  breaks: fc.option(fc.nat(9), { nil: undefined }),
});
const keysOnly = fc.record({
  keys: fc.subarray(['a', 'b', 'c', 'd'], { minLength: 2 }),
  breaks: fc.constantFrom(undefined, 1, 40),
});
type Batch = { readonly keys: readonly string[]; readonly breaks: number | undefined };

const holdsItsLast = (batches: readonly Batch[], length: number): void => {
  const window = new FoldWindow({ length, slide: 1 }, 1);
  const value = (key: string, at: number) => `${key}${at} `;
  for (const [time, { keys, breaks }] of batches.entries()) {
    const run = (given: readonly string[], merge: typeof concat) => {
      window.takeBack(time - 1);
      const entering = given.map((key) => ({ key, value: value(key, time) }));
      window.slide(time, entering, merge, ends);
    };
    if (breaks !== undefined) {
      try {
        run(['b', 'x'], breaking(breaks));
      } catch {
        // As meant; and where it was not merged so often, it is run a second time all the same.
      }
    }
    run(keys, concat);
    const inWindow = batches.map((one, at) => ({ ...one, at })).slice(Math.max(0, time - length + 1), time + 1);
    const meant = ['a', 'b', 'c', 'd'].flatMap((key) => {
      const values = inWindow.flatMap((one) => (one.keys.includes(key) ? [value(key, one.at)] : []));
      return values.length > 0 ? [[key, values.join('')]] : [];
    });
    expect([...window.pairs(concat, never)].sort()).toEqual(meant);
    expect(window.keys).toBe(meant.length);
  }
};

test('a window by key holds what its last batches brought, oldest first, also if batches fail and are run again', () => {
  fc.assert(fc.property(fc.array(batch, { maxLength: 60 }), fc.integer({ min: 1, max: 9 }), holdsItsLast));
});

test('so does one whose keys have far more values than a chunk of a stack', () => {
  const many = fc.array(keysOnly, { minLength: 250, maxLength: 300, size: 'max' });
  fc.assert(fc.property(many, fc.integer({ min: 30, max: 150 }), holdsItsLast), { numRuns: 5 });
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

const brittle = (a: unknown, b: unknown): unknown => {
  if (b === 'bad') throw new Error('bad');
  return concat(a, b);
};

test('a value that cannot be merged is left out, and nothing leaves when its batch does', () => {
  const window = new FoldWindow({ length: 3, slide: 1 }, 1);
  const failed: unknown[] = [];
  const merged = ['1', '2', 'bad', '4', '5', '6', '7'].map((value, time) => {
    window.slide(time, [{ key: 'a', value }], brittle, (_key, values) => failed.push(values));
    return [...window.pairs(concat, never)][0]![1];
  });
  expect(merged).toEqual(['1', '12', '12', '24', '45', '456', '567']);
  expect(failed).toEqual([['2', 'bad']]);
});

test('a merge that fails ends the task and leaves the window as it was', () => {
  const window = new FoldWindow({ length: 3, slide: 1 }, 1);
  window.slide(1, [{ key: 'a', value: '1' }], brittle, ends);
  window.slide(2, [{ key: 'a', value: '2' }], brittle, ends);
  const bad = [
    { key: 'b', value: 'fine' },
    { key: 'a', value: 'bad' },
  ];
  expect(() => window.slide(3, bad, brittle, ends)).toThrow('bad');
  window.takeBack(2);
  window.slide(3, [{ key: 'a', value: '3' }], brittle, ends);
  expect([...window.pairs(concat, never)]).toEqual([['a', '123']]);
});
