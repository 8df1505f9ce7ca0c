import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Chunk, popped, pushed, topOf, turned, valuesFromTop } from '#src/local/worker/chunks.ts';

const stackOf = (values: readonly number[]): Chunk | undefined =>
  values.reduce<Chunk | undefined>((stack, value) => pushed(stack, value), undefined);

/** More than a few chunks of values. */
const size = fc.integer({ min: 0, max: 200 });

test('a stack gives back what it was given, the last first, also when some are taken off and others put on', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(size, size), { maxLength: 5 }), (turns) => {
      let stack: Chunk | undefined;
      const meant: number[] = [];
      for (const [on, off] of turns) {
        for (let i = 0; i < on; i++) {
          stack = pushed(stack, i);
          meant.push(i);
        }
        for (let i = 0; i < off && stack !== undefined; i++) {
          expect(topOf(stack)).toBe(meant.pop());
          stack = popped(stack);
        }
        expect([...valuesFromTop(stack, Number.POSITIVE_INFINITY)]).toEqual(meant.toReversed());
      }
    }),
  );
});

test('so many values from the top, and no more', () => {
  const stack = stackOf(Array.from({ length: 100 }, (_, i) => i));
  expect([...valuesFromTop(stack, 3)]).toEqual([99, 98, 97]);
  expect([...valuesFromTop(stack, 0)]).toEqual([]);
  expect([...valuesFromTop(undefined, 3)]).toEqual([]);
});

test('a stack that is turned over holds other values, the first of them at the bottom, and goes on as a stack', () => {
  fc.assert(
    fc.property(size, size, (length, some) => {
      const others = Array.from({ length: Math.min(length, some) }, (_, i) => -i);
      const stack = turned(stackOf(Array.from({ length }, (_, i) => i)), others);
      expect([...valuesFromTop(stack, length)]).toEqual(others.toReversed());
      expect([...valuesFromTop(pushed(stack, 7), length + 1)]).toEqual([7, ...others.toReversed()]);
    }),
  );
});
