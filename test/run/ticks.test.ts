import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Tick, type TickOptions, Ticks, tickAfter } from '#src/run/ticks.ts';

/** Follows the clock as the generator does: at each `now` it looks, and takes what is due. */
function follow(options: TickOptions, nows: readonly number[]): Tick[] {
  const ticks = new Ticks(options);
  const taken: Tick[] = [];
  for (let tick = ticks.takeMissed(options.now); tick; tick = ticks.takeMissed(options.now)) taken.push(tick);
  for (const now of nows) while (now >= ticks.dueAt(now)) taken.push(ticks.take(now));
  return taken;
}

const timesOf = (taken: readonly Tick[]): number[] => taken.map(({ time }) => time);
const interval = 1_000;

test('the first tick is the next multiple of the interval strictly after now', () => {
  expect([0, 1, 999, 1_000, 1_001].map((now) => tickAfter(now, interval))).toEqual([1_000, 1_000, 1_000, 2_000, 2_000]);
  expect(timesOf(follow({ interval, now: 12_345 }, [12_345, 12_999, 13_000]))).toEqual([13_000]);
  expect(timesOf(follow({ interval, now: 13_000 }, [13_000, 13_999, 14_000]))).toEqual([14_000]);
});

describe.each<[what: string, nows: number[], times: number[], late: number[]]>([
  ['on time: each one', [1_000, 2_001, 3_000], [1_000, 2_000, 3_000], []],
  ['nothing before its time', [999, 1_999], [1_000], []],
  ['a hiccup of less than an interval: each one', [1_000, 2_900, 3_000], [1_000, 2_000, 3_000], []],
  ['a hiccup over a tick: each one, at once', [1_000, 3_000], [1_000, 2_000, 3_000], []],
  ['suspended: the newest alone', [1_000, 60_500, 61_000], [1_000, 60_000, 61_000], [60_000]],
  ['the clock jumps ahead: the same', [1_000, 3_600_000], [1_000, 3_600_000], [3_600_000]],
  ['the clock is set back a little: waits for the next', [5_000, 3_900, 4_000, 5_999, 6_000], [5_000, 6_000], [5_000]],
  [
    'the clock is set back a lot: goes on at its pace, times grow',
    [3_000, 100, 1_099, 1_100, 2_099, 2_100, 3_100],
    [3_000, 4_000, 5_000, 6_000],
    [3_000],
  ],
  ['set back twice: waits for an interval at most', [9_000, 5_000, 4_000, 5_000], [9_000, 10_000], [9_000]],
])('%s', (_what, nows, times, late) => {
  test('takes these ticks', () => {
    const taken = follow({ interval, now: 0 }, nows);
    expect(timesOf(taken)).toEqual(times);
    expect(timesOf(taken.filter((tick) => tick.late))).toEqual(late);
  });
});

test('says how many ticks were left out', () => {
  expect(follow({ interval, now: 0 }, [1_000, 11_000]).map(({ skipped }) => skipped)).toEqual([0, 9]);
});

test('small intervals tolerate a hiccup of a second', () => {
  expect(timesOf(follow({ interval: 100, now: 0 }, [1_000]))).toHaveLength(10);
  expect(timesOf(follow({ interval: 100, now: 0 }, [1_200]))).toEqual([1_200]);
});

describe('after an earlier run', () => {
  test('missed ticks are left out', () => {
    expect(timesOf(follow({ interval, now: 100_500, lastTime: 5_000 }, [101_000, 102_000]))).toEqual([
      101_000, 102_000,
    ]);
  });

  test('times grow, also if the last batch was ahead of the clock', () => {
    expect(timesOf(follow({ interval, now: 4_500, lastTime: 5_000 }, [5_000, 6_000]))).toEqual([6_000]);
    expect(timesOf(follow({ interval, now: 4_500, lastTime: 90_000 }, [4_500, 5_499, 5_500, 6_500]))).toEqual([
      91_000, 92_000,
    ]);
  });
});

describe('ticks at which a window falls due', () => {
  const slides = [10_000, 4_000];
  const missed = (taken: readonly Tick[]) => timesOf(taken.filter((tick) => tick.missed));

  test('are not left out, and leave what has come to the newest', () => {
    const taken = follow({ interval, now: 0, slides }, [1_000, 20_500, 21_000]);
    expect(timesOf(taken)).toEqual([1_000, 4_000, 8_000, 10_000, 12_000, 16_000, 20_000, 21_000]);
    expect(missed(taken)).toEqual([4_000, 8_000, 10_000, 12_000, 16_000]);
    expect(timesOf(taken.filter((tick) => tick.needed))).toEqual([4_000, 8_000, 10_000, 12_000, 16_000, 20_000]);
  });

  test('that were missed since the last run come first', () => {
    const taken = follow({ interval, now: 22_500, zeroTime: 3_000, lastTime: 12_000, slides }, [22_999, 23_000]);
    expect(timesOf(taken)).toEqual([13_000, 15_000, 19_000, 23_000]);
    expect(missed(taken)).toEqual([13_000, 15_000, 19_000]);
  });

  test('are counted from the zero time', () => {
    expect(new Ticks({ interval, now: 7_500, slides }).zeroTime).toBe(7_000);
    expect(new Ticks({ interval, now: 7_500, zeroTime: 1_000, lastTime: 5_000, slides }).zeroTime).toBe(1_000);
  });
});

describe('a tick that is not waited for', () => {
  test('is the next after the last one, and lies after now', () => {
    const ticks = new Ticks({ interval, now: 500 });
    expect([600, 600, 700, 5_500].map((now) => ticks.takeEarly(now).time)).toEqual([1_000, 2_000, 3_000, 6_000]);
  });
});

test('whatever the clock does, times are multiples of the interval and only grow, and no wait is longer than two', () => {
  const step = fc.oneof(fc.integer({ min: 0, max: 2_500 }), fc.integer({ min: -100_000, max: 100_000 }));
  const property = fc.property(fc.integer({ min: 1, max: 5_000 }), fc.array(step), (interval, moves) => {
    let now = 1_000_000;
    const ticks = new Ticks({ interval, now });
    for (const move of moves) {
      now += move;
      const before = ticks.last;
      expect(ticks.dueAt(now) - now).toBeLessThanOrEqual(2 * interval);
      if (now < ticks.dueAt(now)) continue;
      const { time } = ticks.take(now);
      expect(time).toBeGreaterThan(before);
      expect(time % interval).toBe(0);
    }
  });
  fc.assert(property);
});
