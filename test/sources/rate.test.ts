import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { catalog } from '#src/catalog/index.ts';
import type { SourceContext, Split, SplitOutput } from '#src/component/source.ts';
import rate from '#src/sources/rate.ts';

interface Row {
  readonly timestamp: number;
  readonly value: number;
}

const loadFormat = catalog.formats.load;

const context: SourceContext = {
  job: 'j',
  name: 'ticks',
  parallelism: 3,
  once: false,
  loadFormat,
  log() {},
  state() {},
};

async function batchesAt(rowsPerSecond: number, times: readonly number[]): Promise<Row[][][]> {
  const driver = rate.driver!({ rowsPerSecond }, context);
  await driver.start();
  const batches: Row[][][] = [];
  for (const time of times) {
    const { partitions, done } = await driver.plan(time);
    expect(done).toBe(false);
    batches.push(await Promise.all(partitions.map((splits) => read(rowsPerSecond, splits))));
  }
  return batches;
}

async function read(rowsPerSecond: number, splits: readonly Split[]): Promise<Row[]> {
  const rows: Row[] = [];
  const out = { records: (some: readonly unknown[]) => rows.push(...(some as Row[])) } as unknown as SplitOutput;
  for (const split of splits)
    await rate.worker!({ rowsPerSecond }, loadFormat).read(JSON.parse(JSON.stringify(split)), out);
  return rows;
}

describe('rate', () => {
  it('gives what has become due since the batch before', async () => {
    const batches = await batchesAt(2, [10_000, 11_000, 11_000, 11_500, 14_000]);
    expect(batches.map((batch) => batch.flat().map(({ value }) => value))).toEqual([
      [],
      [0, 1],
      [],
      [2],
      [3, 4, 5, 6, 7],
    ]);
    expect(batches[1]!.flat().map(({ timestamp }) => timestamp)).toEqual([10_000, 10_500]);
  });

  it('spreads a batch over the partitions, in order and none empty', async () => {
    const [, batch, small] = await batchesAt(7, [0, 1000, 1200]);
    expect(batch!.map((rows) => rows.map(({ value }) => value))).toEqual([
      [0, 1],
      [2, 3],
      [4, 5, 6],
    ]);
    expect(small!.map((rows) => rows.length)).toEqual([1]);
  });

  it('goes on with the next value in another run, as if no time had passed', async () => {
    const first = rate.driver!({ rowsPerSecond: 2 }, context);
    await first.plan(10_000);
    const { memory } = await first.plan(12_500);
    expect(memory).toEqual(new Map([['next', 5]]));
    expect((await first.plan(12_600)).memory).toBeUndefined();
    const again = rate.driver!({ rowsPerSecond: 4 }, context);
    again.restore!(memory!, new Set());
    await again.start();
    const batches = [];
    for (const time of [90_000, 90_500, 91_000])
      batches.push(await Promise.all((await again.plan(time)).partitions.map((splits) => read(4, splits))));
    expect(batches.map((batch) => batch.flat())).toEqual([
      [],
      [
        { timestamp: 90_000, value: 5 },
        { timestamp: 90_250, value: 6 },
      ],
      [
        { timestamp: 90_500, value: 7 },
        { timestamp: 90_750, value: 8 },
      ],
    ]);
  });

  it('gives every value once, exactly so many over time, however the batches fall', async () => {
    const steps = fc.array(fc.integer({ min: 0, max: 5000 }), { minLength: 1, maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(fc.double({ min: 0, max: 500, noNaN: true }), steps, async (rowsPerSecond, intervals) => {
        let time = 1_700_000_000_000;
        const times = [time, ...intervals.map((interval) => (time += interval))];
        const values = (await batchesAt(rowsPerSecond, times)).flat(2).map(({ value }) => value);
        const due = Math.floor(((time - times[0]!) * rowsPerSecond) / 1000);
        expect(values.every((value, i) => value === i)).toBe(true);
        expect(values).toHaveLength(due);
      }),
      { numRuns: 50 },
    );
  });
});
