import { describe, expect, test } from 'vitest';
import { Backpressure, PidRateEstimator } from '#src/run/backpressure.ts';

/** As in Spark's PIDRateEstimatorSuite, with a batch interval of 20 ms. */
describe('the rate estimator', () => {
  const pace = { processingDelay: 2, schedulingDelay: 0 };

  test('says nothing after the first batch', () => {
    expect(
      new PidRateEstimator(20).compute({ time: 0, records: 10, processingDelay: 10, schedulingDelay: 0 }),
    ).toBeUndefined();
  });

  test('says nothing after a batch that came late, had no records or took no time', () => {
    const estimator = new PidRateEstimator(20);
    estimator.compute({ time: 100, records: 10, ...pace });
    for (const [time, records, processingDelay] of [
      [100, 10, 2],
      [101, 0, 2],
      [101, 10, 0],
    ] as const) {
      expect(estimator.compute({ time, records, processingDelay, schedulingDelay: 0 })).toBeUndefined();
    }
  });

  test('follows what was worked off, if nothing waited', () => {
    const estimator = new PidRateEstimator(20);
    estimator.compute({ time: 0, records: 20, processingDelay: 20, schedulingDelay: 0 });
    const rates = [1, 2, 3].map((i) =>
      estimator.compute({ time: i * 20, records: 20 * i, processingDelay: 20, schedulingDelay: 0 }),
    );
    expect(rates).toEqual([1000, 2000, 3000]);
  });

  test('takes what waits into account', () => {
    const estimator = new PidRateEstimator(20);
    estimator.compute({ time: 0, records: 20, processingDelay: 20, schedulingDelay: 0 });
    expect(estimator.compute({ time: 20, records: 20, processingDelay: 20, schedulingDelay: 20 })).toBe(800);
  });

  test('never goes below 100 records a second', () => {
    const estimator = new PidRateEstimator(20);
    estimator.compute({ time: 0, records: 20, processingDelay: 20, schedulingDelay: 0 });
    expect(estimator.compute({ time: 20, records: 1, processingDelay: 20, schedulingDelay: 2000 })).toBe(100);
  });
});

describe('back-pressure', () => {
  const batch = (time: number, records: number, processingDelay: number, schedulingDelay = 0) => ({
    time,
    records,
    bytes: 10 * records,
    processingDelay,
    schedulingDelay,
  });

  test('leaves sources alone while batches are in time', () => {
    const backpressure = new Backpressure(1000);
    for (let t = 1; t < 10; t++) expect(backpressure.after(batch(t * 1000, 1000 * t, 900))).toBeUndefined();
  });

  test('limits late sources to what was worked off, in bytes', () => {
    const backpressure = new Backpressure(1000);
    backpressure.after(batch(1000, 4000, 2000));
    expect(backpressure.after(batch(4000, 4000, 2000))).toBe(20_000);
    expect(backpressure.after(batch(6000, 4000, 2000, 1000))).toBe(16_000);
  });

  test('lets go when batches are in time and the source gives less than it may', () => {
    const backpressure = new Backpressure(1000);
    backpressure.after(batch(1000, 4000, 2000));
    expect(backpressure.after(batch(4000, 4000, 2000))).toBeDefined();
    expect(backpressure.after(batch(5000, 1900, 950)), 'it still presses').toBeDefined();
    expect(backpressure.after(batch(6000, 100, 50))).toBeUndefined();
  });

  test('a batch without input changes nothing', () => {
    const backpressure = new Backpressure(1000);
    backpressure.after(batch(1000, 4000, 2000));
    const rate = backpressure.after(batch(4000, 4000, 2000));
    expect(backpressure.after({ ...batch(5000, 0, 1500), bytes: 0 })).toBe(rate);
  });
});
