import { describe, expect, test } from 'vitest';
import { catalog } from '#src/catalog/index.ts';
import { builtin } from '#src/function/reference.ts';
import { LocalEngine } from '#src/local/index.ts';
import { ReferenceEngine } from '../engines/reference.ts';
import { type Collected, type Graph, graphOf, runGraph } from '../engines/runPlan.ts';

const updateStateByKey = await catalog.operators.load('updateStateByKey');
const mapWithState = await catalog.operators.load('mapWithState');

/** A job with one step with state behind pairs; `errors` gives what failed in it. */
function jobOf(operator: typeof mapWithState, update: string, batches: readonly (readonly unknown[])[]): Graph {
  return graphOf([{ name: 'pairs', batches }], (plan, [input]) => {
    plan.origin = { name: 'counts', component: 'mapWithState', step: 0 };
    plan.onError = 'emit';
    const out = operator.build(plan, input!, { update: builtin(update), emit: 'mapped' } as never);
    plan.onError = undefined;
    return { out, errors: { from: out.from, port: 'error' } };
  });
}

const flat = (collected: Collected, stream: string): unknown[][] =>
  collected.get(stream)!.map((partitions) => partitions.flat());

const engines = [
  ['the reference engine', () => new ReferenceEngine(2)],
  ['the local engine', () => new LocalEngine({ threads: 2, memoryLimit: 64e6 })],
] as const;

describe.each(engines)('a state function that throws, on %s', (_name, engine) => {
  test('leaves its key as it was, and its values are sent where errors go', async () => {
    const update =
      "(values, n) => { if (values.includes('bad')) throw new Error('bad'); return (n ?? 0) + values.length; }";
    const batches = [[['a', 1]], [['a', 'bad']], [['a', 2]]];
    const collected = await runGraph(jobOf(updateStateByKey, update, batches), engine());
    expect(flat(collected, 'out')).toEqual([[['a', 1]], [['a', 1]], [['a', 2]]]);
    expect(flat(collected, 'errors')).toMatchObject([
      [],
      [
        {
          record: { key: 'a', values: ['bad'] },
          error: 'bad',
          step: 'counts, step 1 (mapWithState)',
          batchTime: 2_000,
        },
      ],
      [],
    ]);
  });

  test('does not count, also if it had updated the state before it threw', async () => {
    const update = `(key, value, state) => {
      state.update((state.getOption() ?? 0) + 1);
      if (value === 'bad') throw new Error('bad');
      return state.get();
    }`;
    const batches = [
      [
        ['a', 1],
        ['a', 'bad'],
        ['a', 2],
      ],
    ];
    const collected = await runGraph(jobOf(mapWithState, update, batches), engine());
    expect(flat(collected, 'out')).toEqual([[1, 2]]);
    expect(flat(collected, 'errors')).toMatchObject([[{ record: { key: 'a', value: 'bad' } }]]);
  });
});

describe('on the local engine', () => {
  const counting = 'state.update((state.getOption() ?? 0) + 1); return state.get();';
  const engine = () => new LocalEngine({ threads: 1, memoryLimit: 64e6, taskRetries: 2 });
  const job = (update: string, batches: readonly (readonly unknown[])[]): Graph =>
    jobOf(mapWithState, `(key, value, state) => { ${update} }`, batches);
  const pairs = [
    ['a', 1],
    ['a', 2],
    ['b', 1],
  ];

  test('a task that is run again finds the states of the batch before', async () => {
    const once = `globalThis.seen ??= 0; if (value === 'stop' && globalThis.seen++ === 0) return Symbol(); ${counting}`;
    const graph = job(once, [pairs, [...pairs, ['a', 'stop']], pairs]);
    const collected = await runGraph(graph, engine(), { strict: true });
    expect(flat(collected, 'out')).toEqual([
      [1, 2, 1],
      [3, 4, 2, 5],
      [6, 7, 3],
    ]);
  });

  test('a thread that ends takes its states along, and the job says so', async () => {
    const graph = job(`if (value === 'exit') process.exit(1); ${counting}`, [pairs, [['a', 'exit']], pairs]);
    const running = runGraph(graph, engine(), { strict: false });
    await expect(running).rejects.toMatchObject({
      code: 'state-lost',
      message: 'what counts, step 1 (mapWithState) had kept was lost with the thread that held it',
    });
  });
});
