import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { countDown } from '#src/base/countDown.ts';

test('is over after its time', async () => {
  await new Promise<void>((resolve) => void countDown(20, resolve));
  await new Promise<void>((resolve) => void countDown(0, resolve));
});

test('a thread that was busy for longer gets to all else first', async () => {
  let over = false;
  const end = countDown(200, () => {
    over = true;
  });
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
  await setImmediate();
  await setImmediate();
  expect(over).toBe(false);
  end();
});
