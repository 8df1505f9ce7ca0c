import { describe, expect, it } from 'vitest';
import { catalog } from '#src/catalog/index.ts';
import type { Split } from '#src/component/source.ts';
import queue from '#src/sources/queue.ts';

type Config = Parameters<NonNullable<typeof queue.driver>>[0];

/** The partitions of so many batches, and whether the source was done with each. */
async function run(config: Partial<Config>, count: number, once = false) {
  const settings: Config = { batches: [], oneAtATime: true, partitions: 1, ...config };
  const driver = queue.driver!(settings, {
    job: 'j',
    name: 'q',
    parallelism: 2,
    once,
    loadFormat: catalog.formats.load,
    log() {},
    state() {},
  });
  await driver.start();
  const batches: unknown[] = [];
  for (let i = 1; i <= count; i++) {
    const { partitions, done } = await driver.plan(i * 1000);
    batches.push([partitions.map((splits) => splits.flatMap((split) => read(settings, split))), done]);
  }
  await driver.stop();
  return batches;
}

function read(config: Config, split: Split): unknown[] {
  const records: unknown[] = [];
  const bytes = (): never => expect.unreachable();
  queue.worker!(config, catalog.formats.load).read(JSON.parse(JSON.stringify(split)), {
    bytes,
    bad: bytes,
    input: () => {},
    log: () => {},
    records: (some) => records.push(...some),
  });
  return records;
}

describe('queue', () => {
  it('gives a list a batch, then empty batches', async () => {
    expect(await run({ batches: [['a'], [], ['b', 'c']] }, 4)).toEqual([
      [[['a']], false],
      [[[]], false],
      [[['b', 'c']], false],
      [[], false],
    ]);
  });

  it('gives all lists at once', async () => {
    expect(await run({ batches: [['a'], ['b', 'c']], oneAtATime: false }, 2)).toEqual([
      [[['a'], ['b', 'c']], false],
      [[], false],
    ]);
  });

  it('goes on with the default', async () => {
    expect(await run({ batches: [[1]], default: [0] }, 3)).toEqual([
      [[[1]], false],
      [[[0]], false],
      [[[0]], false],
    ]);
  });

  it.each([
    [
      2,
      [1, 2, 3, 4, 5],
      [
        [1, 2],
        [3, 4, 5],
      ],
    ],
    [3, [1, 2, 3, 4], [[1], [2], [3, 4]]],
    [3, [1], [[], [], [1]]],
    [2, [], [[], []]],
  ])('cuts into %i partitions as makeRDD does: %j', async (partitions, records, expected) => {
    expect(await run({ batches: [records], partitions }, 1)).toEqual([[expected, false]]);
  });

  it('with --once ends with its last list, and never gives the default', async () => {
    expect(await run({ batches: [[1], [2]], default: [0] }, 2, true)).toEqual([
      [[[1]], false],
      [[[2]], true],
    ]);
    expect(await run({ batches: [], default: [0] }, 1, true)).toEqual([[[], true]]);
  });

  it('gives values that JSON cannot hold', async () => {
    const { toLiteral } = await import('#src/plan/literal.ts');
    const values = [12n, new Date(5), { a: undefined }, new Map([[1, 2]])];
    expect(await run({ batches: [values.map(toLiteral)] }, 1)).toEqual([[[values], false]]);
  });
});
