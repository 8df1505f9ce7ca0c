import { describe, expect, test } from 'vitest';
import { deferred } from '#src/base/deferred.ts';
import { eventually, Harness, listed, settle } from './harness.ts';
import { ManualClock } from './manualClock.ts';

async function running(options: ConstructorParameters<typeof Harness>[0]) {
  const clock = new ManualClock();
  const harness = new Harness({ ...options, clock }).start();
  await eventually(() => harness.engine.receiving || options?.sources !== undefined);
  await settle();
  const { engine, job } = harness;
  /** Runs a batch that is due at `time` and takes `ms`. */
  const batch = async (time: number, ms: number): Promise<void> => {
    engine.compute = async (begun) => {
      if (begun.time === time) clock.set(time + ms);
    };
    clock.set(time);
    await eventually(() => harness.completed.some(({ batchTime }) => batchTime === time));
  };
  return { clock, harness, engine, job, batch };
}

describe('settings.backpressure', () => {
  test('limits a receiver to what is worked off, in bytes, while batches are late', async () => {
    const { engine, job, batch } = await running({ settings: { backpressure: true }, batchInterval: 1_000 });
    engine.records = new Map([[0, 20]]);
    for (const [time, ms] of [
      [1_000, 500],
      [2_000, 2_000],
    ] as const) {
      engine.deliver();
      engine.deliver();
      await batch(time, ms);
    }
    await job.stop();
    const bytesPerRecord = 200 / 20;
    expect(engine.limits[0]).toEqual([0, undefined]);
    expect(engine.limits[1]).toEqual([0, 100 * bytesPerRecord]);
  });

  test('is off by default', async () => {
    const { engine, job, batch } = await running({ batchInterval: 1_000 });
    engine.records = new Map([[0, 20]]);
    engine.deliver();
    await batch(1_000, 5_000);
    await job.stop();
    expect(engine.limits).toEqual([]);
  });

  test('tells a source that lists how much it may give to a batch', async () => {
    const asked: (number | undefined)[] = [];
    const source = listed({
      async plan(time, maxBytes) {
        asked.push(maxBytes);
        return { partitions: [[{ time }]], done: false, bytes: 10_000 };
      },
    });
    const { engine, job, batch } = await running({
      sources: { files: source },
      settings: { backpressure: true },
      batchInterval: 1_000,
    });
    engine.records = new Map([[0, 1_000]]);
    await batch(1_000, 2_000);
    await batch(4_000, 2_000);
    await batch(8_000, 0);
    await job.abort();
    expect(asked[0]).toBeUndefined();
    expect(asked.find((bytes) => bytes !== undefined)).toBe(5_000);
  });
});

test('sources that list are not asked while too many batches wait', async () => {
  let asked = 0;
  const source = listed({
    async plan(time) {
      asked++;
      return { partitions: [[{ time }]], done: false };
    },
  });
  const { clock, harness, engine, job } = await running({
    sources: { files: source },
    settings: { maxWaitingBatches: 2 },
    batchInterval: 1_000,
  });
  const gate = deferred();
  engine.compute = () => gate.promise;
  for (let now = 1_000; now <= 9_000; now += 1_000) {
    clock.set(now);
    await settle();
  }
  expect([asked, harness.submitted.length]).toEqual([4, 4]);
  gate.resolve();
  await job.abort();
});
