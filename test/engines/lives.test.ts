import fc from 'fast-check';
import { expect, test } from 'vitest';
import { runLives } from '../local/lives.ts';
import { anyGraph, type RandomGraph } from './graphs.arbitrary.ts';
import { normalForm } from './normalForm.ts';
import { ReferenceEngine } from './reference.ts';
import { type Collected, runGraph } from './runPlan.ts';

const runs = Number(process.env.STREAMJOB_TEST_GRAPHS ?? 8);

/** How many batches the first of two lives has, and with how many threads each of them runs. */
const anyCut = fc.record({ batches: fc.integer({ min: 1, max: 4 }), threads: fc.constantFrom([2, 2], [1, 2], [2, 1]) });

test('random graphs that are stopped and started again mean the same', { timeout: 300_000 }, async () => {
  const property = fc.asyncProperty(anyGraph, anyCut, async ({ graph, streams }, cut) => {
    fc.pre(graph.batches > cut.batches && keepsSomething(graph));
    fc.pre(cut.threads[0] === cut.threads[1] || !looksAtPartitions(graph));
    const partitioned = { graph, streams: cut.threads[0] === cut.threads[1] ? streams : withoutPlaces(streams) };
    const meant = await runGraph(graph, new ReferenceEngine(2));
    const given = await runLives(graph, [
      { batches: cut.batches, threads: cut.threads[0]! },
      { batches: graph.batches - cut.batches, threads: cut.threads[1]! },
    ]);
    expect(normalForms(partitioned, given)).toEqual(normalForms(partitioned, meant));
  });
  await fc.assert(property, {
    numRuns: runs,
    timeout: 120_000,
    interruptAfterTimeLimit: 280_000,
    markInterruptAsFailure: true,
  });
});

const keepsSomething = ({ plan }: RandomGraph['graph']): boolean =>
  plan.nodes.some((node) => node.kind === 'state' || node.kind === 'window' || (node.kind === 'fold' && node.window));

const looksAtPartitions = ({ plan }: RandomGraph['graph']): boolean =>
  plan.nodes.some((node) => node.kind === 'narrow' && node.op === 'mapPartitions');

/** How many partitions there are follows the threads. */
const withoutPlaces = (streams: RandomGraph['streams']): RandomGraph['streams'] =>
  new Map([...streams].map(([name, stream]) => [name, { ...stream, placed: false }]));

const normalForms = ({ streams }: Pick<RandomGraph, 'streams'>, collected: Collected): Record<string, string[][][]> =>
  Object.fromEntries(
    [...streams].map(([name, stream]) => [
      name,
      collected.get(name)!.map((partitions) => normalForm(stream, partitions)),
    ]),
  );
