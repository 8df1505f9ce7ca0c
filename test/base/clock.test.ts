import { describe, expect, test } from 'vitest';
import { SystemClock, VirtualClock } from '#src/base/clock.ts';
import { deferred } from '#src/base/deferred.ts';

describe('the system clock', () => {
  test('waits until a time, and not for one that is over', async () => {
    const clock = new SystemClock();
    const time = clock.now() + 30;
    await clock.until(time);
    expect(clock.now()).toBeGreaterThanOrEqual(time);
    await clock.until(time - 1_000);
  });

  test('stops waiting when the signal is aborted', async () => {
    const clock = new SystemClock();
    const stop = new AbortController();
    const waiting = clock.until(clock.now() + 3_600_000, stop.signal);
    stop.abort();
    await waiting;
    await clock.until(clock.now() + 3_600_000, stop.signal);
  });

  test('wakes up soon after the wall clock has jumped ahead', async () => {
    let jump = 0;
    const clock = new SystemClock(() => Date.now() + jump);
    const waiting = clock.until(clock.now() + 3_600_000);
    jump = 3_600_000;
    await waiting;
  });

  test('wakes up when the wall clock has been set back', async () => {
    let jump = 0;
    const clock = new SystemClock(() => Date.now() + jump);
    const time = clock.now() + 60_000;
    const waiting = clock.until(time);
    jump = -3_600_000;
    await waiting;
    expect(clock.now()).toBeLessThan(time);
  });
});

describe('the virtual clock', () => {
  test('starts at the epoch and jumps to the earliest time waited for', async () => {
    const clock = new VirtualClock();
    const seen: number[] = [];
    expect(clock.now()).toBe(0);
    await Promise.all([5_000, 1_000, 3_000_000].map((time) => clock.until(time).then(() => seen.push(clock.now()))));
    expect(seen).toEqual([1_000, 5_000, 3_000_000]);
    await clock.until(10);
    expect(clock.now()).toBe(3_000_000);
  });

  test('stands still while work is going on', async () => {
    const clock = new VirtualClock();
    const work = deferred();
    const busy = clock.busy(work.promise);
    const waiting = clock.until(1_000);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(clock.now()).toBe(0);
    work.resolve();
    await busy;
    await waiting;
    expect(clock.now()).toBe(1_000);
  });

  test('goes on after work that failed, and gives its error', async () => {
    const clock = new VirtualClock();
    await expect(clock.busy(Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    await clock.until(1);
  });

  test('lets go of who waits when the signal is aborted, without moving', async () => {
    const clock = new VirtualClock();
    const stop = new AbortController();
    const waiting = clock.until(1_000, stop.signal);
    stop.abort();
    await waiting;
    expect(clock.now()).toBe(0);
  });
});
