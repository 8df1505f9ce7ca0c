import { describe, expect, it } from 'vitest';
import { LocalEngine } from '#src/local/index.ts';
import { slabBytes } from '#src/local/wire/slabs.ts';
import type { PlanBuilder } from '#src/plan/builder.ts';
import type { Edge } from '#src/plan/plan.ts';
import { graphOf, runGraph } from '../engines/runPlan.ts';

const words = Array.from({ length: 300 }, (_, i) => `${i % 7} ${'x'.repeat(i % 11)}`);

const countWords = (plan: PlanBuilder, [lines]: readonly Edge[]): { counts: Edge } => {
  const pieces = plan.narrow({ input: lines!, op: 'flatMap', on: 'record', fn: { text: "line => line.split(' ')" } });
  const sum = { text: '(a, b) => a + b' };
  const create = { text: '() => 1' };
  const counts = plan.fold({
    input: pieces,
    key: 'record',
    create,
    mergeValue: { text: 'n => n + 1' },
    mergeCombiners: sum,
  });
  return { counts };
};

describe('the local engine', () => {
  it('gives every slab back: thousands of batches run in the memory of a few', async () => {
    const batches = Array.from({ length: 2_000 }, () => words.slice(0, 20));
    const graph = graphOf([{ name: 'lines', batches, partitions: 3 }], countWords);
    const collected = await runGraph(graph, new LocalEngine({ threads: 2, memoryLimit: 8 * slabBytes }), {
      strict: false,
    });
    expect(collected.get('counts')).toHaveLength(2_000);
  });

  it('gives back what failed tasks had: a job goes on after hundreds of failed batches', async () => {
    const batches = Array.from({ length: 300 }, (_, i) => (i === 299 ? ['good'] : ['good', 'bad']));
    const graph = graphOf([{ name: 'lines', batches, partitions: 2 }], (plan, [lines]) => {
      const fn = { text: "word => { if (word === 'bad') throw new Error('bad word'); return [word, 1]; }" };
      const pairs = plan.narrow({ input: lines!, op: 'map', on: 'record', fn });
      return { groups: plan.cogroup({ inputs: [pairs, pairs] }) };
    });
    const settings = { onBatchFailure: 'continue', taskRetries: 1 } as const;
    const engine = new LocalEngine({ threads: 2, memoryLimit: 8 * slabBytes, taskRetries: 1 });
    const collected = await runGraph(graph, engine, { settings });
    expect(collected.get('groups')?.flat(2)).toEqual([['good', [[1], [1]]]]);
  });

  it('opens nothing any more once it was closed', async () => {
    const engine = new LocalEngine({ threads: 1 });
    const plan = {
      version: 1,
      name: 'job',
      batchInterval: 1,
      keyHash: 'murmur3-32',
      keyGroups: 256,
      nodes: [],
    } as const;
    const events = { block: () => undefined, receiver: () => undefined, log: () => undefined };
    const opened = engine.open({ plan, configs: new Map(), events }).catch((error: unknown) => error);
    await engine.close();
    expect(await opened).toMatchObject({ message: 'the engine was closed' });
  });

  it('says which shuffle does not fit into memoryLimit', async () => {
    const batches = [Array.from({ length: 50 }, (_, i) => `${i}`.padEnd(slabBytes / 8, 'long '))];
    const graph = graphOf([{ name: 'lines', batches }], (plan, [lines]) => {
      plan.origin = { name: 'spread', component: 'repartition', step: 0 };
      return { spread: plan.repartition({ input: lines!, partitions: 4 }) };
    });
    const engine = new LocalEngine({ threads: 1, memoryLimit: 2 * slabBytes });
    await expect(runGraph(graph, engine, { strict: false })).rejects.toMatchObject({
      code: 'memory-limit',
      message: expect.stringContaining('spread, step 1 (repartition)'),
      remedy: expect.stringContaining('memoryLimit'),
    });
  });

  it('runs each step once for all that consume it', async () => {
    const graph = graphOf([{ name: 'lines', batches: [['a', 'b']] }], (plan, [lines]) => {
      const fn = { text: 'x => { globalThis.calls = (globalThis.calls ?? 0) + 1; return [x, globalThis.calls]; }' };
      const counted = plan.narrow({ input: lines!, op: 'map', on: 'record', fn });
      return { first: counted, second: counted, both: plan.union({ inputs: [counted, counted] }) };
    });
    const collected = await runGraph(graph, new LocalEngine({ threads: 1 }), { strict: false });
    const calls = [
      ['a', 1],
      ['b', 2],
    ];
    expect(collected.get('first')?.flat(2)).toEqual(calls);
    expect(collected.get('second')?.flat(2)).toEqual(calls);
    expect(collected.get('both')).toEqual([[calls, calls]]);
  });

  it('tells the step, its place, the record and the cause of what a function threw', async () => {
    const at = { file: 'job.yaml', line: 7, column: 14 };
    const graph = graphOf([{ name: 'lines', batches: [['ok', 'wrong']] }], (plan, [lines]) => {
      plan.origin = { name: 'parsed', component: 'map', step: 0, at };
      return {
        parsed: plan.narrow({
          input: lines!,
          op: 'map',
          on: 'record',
          fn: { text: "x => x === 'ok' ? x : x.y.z", at },
        }),
      };
    });
    const failed = runGraph(graph, new LocalEngine({ threads: 1 }), { strict: false });
    await expect(failed).rejects.toMatchObject({
      code: 'step-failed',
      message: expect.stringMatching(/^parsed, step 1 \(map\): TypeError: /),
      at,
      record: "'wrong'",
      cause: { stack: expect.stringContaining('job.yaml:7:') },
    });
  });
});
