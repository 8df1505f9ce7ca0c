import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LocalEngine } from '#src/local/index.ts';
import { anyGraph, type RandomGraph } from './graphs.arbitrary.ts';
import { normalForm } from './normalForm.ts';
import { ReferenceEngine } from './reference.ts';
import { type Collected, runGraph } from './runPlan.ts';

const runs = Number(process.env.STREAMJOB_TEST_GRAPHS ?? 15);

describe.each([1, 2, 4])('random graphs over random batches, %i threads', (threads) => {
  test.each([true, false])('mean what the reference engine says, strict: %s', { timeout: 300_000 }, async (strict) => {
    const property = fc.asyncProperty(anyGraph, async (random) => {
      const meant = await runGraph(random.graph, new ReferenceEngine(threads), { strict });
      const given = await runGraph(random.graph, new LocalEngine({ threads, memoryLimit: 64e6 }), { strict });
      expect(normalForms(random, given)).toEqual(normalForms(random, meant));
    });
    await fc.assert(property, {
      numRuns: runs,
      timeout: 30_000,
      interruptAfterTimeLimit: 240_000,
      markInterruptAsFailure: true,
    });
  });
});

const normalForms = ({ streams }: RandomGraph, collected: Collected): Record<string, string[][][]> =>
  Object.fromEntries(
    [...streams].map(([name, stream]) => [
      name,
      collected.get(name)!.map((partitions) => normalForm(stream, partitions)),
    ]),
  );
