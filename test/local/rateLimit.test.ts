import { expect, test } from 'vitest';
import { RateLimit } from '#src/local/worker/rateLimit.ts';

function limitAt(now: { time: number }): RateLimit {
  return new RateLimit(() => now.time);
}

test('without a limit nobody waits', () => {
  const limit = limitAt({ time: 0 });
  limit.take(1e9);
  expect(limit.wait).toBe(0);
});

test('what is taken beyond the rate is waited for', () => {
  const now = { time: 5000 };
  const limit = limitAt(now);
  limit.set(1000);
  limit.take(500);
  expect(limit.wait).toBe(500);
  now.time += 200;
  expect(limit.wait).toBe(300);
  now.time += 300;
  expect(limit.wait).toBe(0);
});

test('no more than a second is saved up', () => {
  const now = { time: 0 };
  const limit = limitAt(now);
  limit.set(1000);
  now.time = 60_000;
  expect(limit.wait).toBe(0);
  limit.take(3000);
  expect(limit.wait).toBe(2000);
});

test('another rate holds from now on, and none forgives what was owed', () => {
  const now = { time: 0 };
  const limit = limitAt(now);
  limit.set(1000);
  limit.take(1000);
  limit.set(100);
  expect(limit.wait).toBe(10_000);
  limit.set(undefined);
  expect(limit.wait).toBe(0);
  limit.set(100);
  expect(limit.wait).toBe(0);
});
