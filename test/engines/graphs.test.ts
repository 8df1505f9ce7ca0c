import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { testEngines } from '#src/cli/testEngines.ts';
import type { Batch, BatchResult } from '#src/engine/engine.ts';
import { LocalEngine } from '#src/local/index.ts';
import { defaultSettings } from '#src/plan/jobSettings.ts';
import { anyGraph, type RandomGraph } from './graphs.arbitrary.ts';
import { normalForm } from './normalForm.ts';
import { ReferenceEngine } from './reference.ts';
import { type Collected, runGraph } from './runPlan.ts';

const settings = { ...defaultSettings, memoryLimit: 64e6 };
const runs = Number(process.env.STREAMJOB_TEST_GRAPHS ?? 15);

describe.each([1, 2, 4])('random graphs over random batches, %i threads', (threads) => {
  const { engine, close } = testEngines(threads);
  afterAll(close);

  test.each([true, false])('mean what the reference engine says, strict: %s', { timeout: 300_000 }, async (strict) => {
    const property = fc.asyncProperty(anyGraph, async (random) => {
      const meant = await runGraph(random.graph, new ReferenceEngine(threads), { strict });
      const given = await runGraph(random.graph, engine(settings), { strict });
      expect(normalForms(random, given)).toEqual(normalForms(random, meant));
    });
    await fc.assert(property, {
      numRuns: runs,
      timeout: 120_000,
      interruptAfterTimeLimit: 280_000,
      markInterruptAsFailure: true,
    });
  });
});

/** Runs every batch twice, as after an attempt that has failed at its end: the first must leave no trace. */
class EveryBatchAgain extends LocalEngine {
  override async runBatch(batch: Batch): Promise<BatchResult> {
    await super.runBatch(batch);
    return super.runBatch(batch);
  }
}

test('batches that are run again mean the same', async () => {
  const property = fc.asyncProperty(anyGraph, async (random) => {
    const meant = await runGraph(random.graph, new ReferenceEngine(2));
    const given = await runGraph(random.graph, new EveryBatchAgain({ threads: 2, memoryLimit: 64e6 }));
    expect(normalForms(random, given)).toEqual(normalForms(random, meant));
  });
  await fc.assert(property, {
    numRuns: runs,
    timeout: 120_000,
    interruptAfterTimeLimit: 280_000,
    markInterruptAsFailure: true,
  });
});

const normalForms = ({ streams }: RandomGraph, collected: Collected): Record<string, string[][][]> =>
  Object.fromEntries(
    [...streams].map(([name, stream]) => [
      name,
      collected.get(name)!.map((partitions) => normalForm(stream, partitions)),
    ]),
  );
