import { describe, expect, test } from 'vitest';
import { catalog } from '#src/catalog/index.ts';
import { builtin } from '#src/function/reference.ts';
import { defaultSettings } from '#src/plan/jobSettings.ts';
import { type Edge, inputsOf } from '#src/plan/plan.ts';
import { engines } from '../conformance/engines.ts';
import { graphOf, type Queue, runGraph } from './runPlan.ts';

/** A step that fails on some records: per batch, what each dead letter has of record and batch time. */
interface Case {
  readonly step: string;
  readonly config?: object;
  readonly batches: readonly (readonly unknown[])[];
  readonly partitions?: number;
  readonly letters: readonly (readonly (readonly [record: unknown, batchTime: number])[])[];
  /** What comes out all the same. */
  readonly out?: readonly (readonly unknown[])[];
}

/** Throws for the value 'bad', wherever it is given. */
const careful = (parameters: string, result: string) =>
  builtin(`(${parameters}) => { if ([${parameters}].includes('bad')) throw new Error('no'); return ${result}; }`);

const sum = careful('a, b', 'a + b');
const counting = { create: careful('v', '1'), mergeValue: careful('n, v', 'n + 1') };
const merging = { mergeCombiners: builtin('(a, b) => a + b') };
const unmergeable = { mergeCombiners: builtin("(a, b) => { throw new Error('no'); }") };
const manyPairs = ['x', ['a', 1], ['a', 'bad'], ['b', 'bad'], [1, 2, 3], ['b', 2], ['a', 5]];

const cases: Record<string, Case> = {
  'create and mergeValue of a fold by key, and what is no pair': {
    step: 'combineByKey',
    config: { ...counting, ...merging },
    partitions: 3,
    batches: [manyPairs, [['c', 'bad']]],
    letters: [
      [
        ['x', 1000],
        [[1, 2, 3], 1000],
        [{ key: 'a', value: 'bad' }, 1000],
        [{ key: 'b', value: 'bad' }, 1000],
      ],
      [[{ key: 'c', value: 'bad' }, 2000]],
    ],
    out: [
      [
        ['a', 2],
        ['b', 1],
      ],
      [],
    ],
  },
  'mergeCombiners of a fold by key': {
    step: 'combineByKey',
    config: { ...counting, ...unmergeable },
    partitions: 2,
    batches: [
      [
        ['a', 1],
        ['a', 2],
        ['b', 'bad'],
        ['a', 3],
      ],
    ],
    letters: [
      [
        [{ key: 'a', values: expect.anything() }, 1000],
        [{ key: 'b', value: 'bad' }, 1000],
      ],
    ],
  },
  'the merge of a fold of everything': {
    step: 'reduce',
    config: { reduce: sum },
    batches: [[1, 'bad', 2]],
    letters: [[['bad', 1000]]],
    out: [[3]],
  },
  'what is no pair at a state by key, and its function': {
    step: 'updateStateByKey',
    config: { update: builtin("(vs, n) => { if (vs.includes('bad')) throw new Error('no'); return vs.length; }") },
    partitions: 2,
    batches: [['x', ['a', 'bad'], ['b', 1]], ['y']],
    letters: [
      [
        ['x', 1000],
        [{ key: 'a', values: ['bad'] }, 1000],
      ],
      [['y', 2000]],
    ],
    out: [[['b', 1]], [['b', 0]]],
  },
  'what is no pair at a state by record, and its function': {
    step: 'mapWithState',
    config: { update: careful('key, value', '[key, value]'), emit: 'mapped' },
    partitions: 2,
    batches: [['x', ['a', 'bad'], ['b', 1], [2]]],
    letters: [
      [
        ['x', 1000],
        [[2], 1000],
        [{ key: 'a', value: 'bad' }, 1000],
      ],
    ],
    out: [[['b', 1]]],
  },
  'what to sort by': {
    step: 'sortBy',
    config: { by: careful('x', '-x'), ascending: true },
    partitions: 3,
    batches: [[1, 'bad', 3, 2], ['bad']],
    letters: [[['bad', 1000]], [['bad', 2000]]],
    out: [[3, 2, 1], []],
  },
  'the reduce of a window, at once, and what is no pair': {
    step: 'reduceByKeyAndWindow',
    config: { reduce: sum, length: 2_000, slide: 2_000 },
    batches: [['x', ['a', 1], ['a', 'bad']], [['a', 2]], ['y', ['b', 1]], [['b', 2], ['b', 'bad'], 'z']],
    letters: [
      [
        ['x', 1000],
        [{ key: 'a', value: 'bad' }, 1000],
      ],
      [],
      [['y', 3000]],
      [
        ['z', 4000],
        [{ key: 'b', value: 'bad' }, 4000],
      ],
    ],
    out: [[['a', 3]], [['b', 3]]],
  },
  'a merge of a window between its slides, at the next one': {
    step: 'reduceByKeyAndWindow',
    config: {
      reduce: builtin("(a, b) => { if (a === 7 || b === 7) throw new Error('no'); return a + b; }"),
      length: 2_000,
      slide: 2_000,
    },
    partitions: 2,
    batches: [
      [
        ['a', 1],
        ['a', 7],
      ],
      [],
    ],
    letters: [[], [[{ key: 'a', values: [1, 7] }, 1000]]],
    out: [[['a', 1]]],
  },
};

const operators = new Map(
  await Promise.all(catalog.operators.names.map(async (name) => [name, await catalog.operators.load(name)] as const)),
);

/** A step, its records, and the streams of its dead letters and of their number in each partition. */
function graphOfCase({ step, config = {}, batches, partitions }: Case) {
  return graphOf([{ name: 'in', batches, ...(partitions && { partitions }) }], (plan, [input]) => {
    plan.origin = { name: 'careful', component: step, step: 0 };
    plan.onError = 'emit';
    const out = operators.get(step)!.build(plan, input!, config);
    plan.onError = undefined;
    plan.origin = { name: 'bad', component: 'onError' };
    const bad = plan.union({ inputs: failuresSince(plan.nodes, 1) });
    plan.origin = { name: 'bad', component: 'mapPartitions', step: 0 };
    const fn = builtin('letters => [letters.length]');
    return { out, bad, numbers: plan.narrow({ input: bad, op: 'mapPartitions', on: 'record', fn }) };
  });
}

const failuresSince = (nodes: readonly { readonly id: number; readonly onError?: string }[], first: number): Edge[] =>
  nodes.slice(first).flatMap(({ id, onError }) => (onError === 'emit' ? [{ from: id, port: 'error' as const }] : []));

interface Letter {
  readonly record: unknown;
  readonly error: string;
  readonly step: string;
  readonly batchTime: number;
}

const sorted = (records: readonly unknown[]): unknown[] =>
  records.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));

const recordAndTime = ({ record, batchTime }: Letter) => [record, batchTime];

describe.each(engines)('what fails at a shuffle on $name', ({ engine }) => {
  test.each(Object.entries(cases))('%s', async (_name, given) => {
    const collected = await runGraph(graphOfCase(given), engine(defaultSettings));
    const letters = collected.get('bad')!.map((partitions) => partitions.flat() as Letter[]);
    expect(letters.map((batch) => sorted(batch.map(recordAndTime)))).toEqual(given.letters.map(sorted));
    for (const letter of letters.flat()) {
      expect(letter.step).toBe(`careful, step 1 (${given.step})`);
      expect(letter.error).toMatch(/./);
    }
    if (given.out) expect(collected.get('out')!.map((batch) => sorted(batch.flat()))).toEqual(given.out.map(sorted));
    const numbers = collected.get('numbers')!;
    expect(numbers.flat().every((partition) => partition.length === 1)).toBe(true);
    expect(numbers.map((batch) => (batch.flat() as number[]).reduce((a, b) => a + b, 0))).toEqual(
      given.letters.map((batch) => batch.length),
    );
  });

  test.each(['cogroup', 'join', 'fullOuterJoin'])('what is no pair on either side of a %s', async (name) => {
    const queues: Queue[] = [
      { name: 'left', batches: [[['a', 1], 'l', ['b', 1]]], partitions: 2 },
      { name: 'right', batches: [['r', ['a', 2], [3]]], partitions: 3 },
    ];
    const graph = graphOf(queues, (plan, [left, right]) => {
      plan.origin = { name: 'both', component: name, step: 0 };
      plan.onError = 'emit';
      operators.get(name)!.build(plan, left!, { with: right });
      plan.onError = undefined;
      const node = plan.nodes.find(({ kind }) => kind === 'cogroup')!;
      return { bad: { from: node.id, port: 'error' } };
    });
    const [letters] = (await runGraph(graph, engine(defaultSettings))).get('bad')!;
    expect(sorted((letters!.flat() as Letter[]).map(recordAndTime))).toEqual(
      sorted([
        ['l', 1000],
        ['r', 1000],
        [[3], 1000],
      ]),
    );
  });

  test.each([
    ['reduceByKey', { reduce: sum }],
    ['groupByKey', {}],
    ['updateStateByKey', { update: builtin('(vs) => vs.length') }],
    ['join', {}],
  ])('a key that is none, at %s', async (name, config) => {
    const graph = graphOf([{ name: 'in', batches: [[1, 2, 3]], partitions: 2 }], (plan, [input]) => {
      const fn = builtin("x => [{ 1: 'a', 2: new Set(), 3: new Map() }[x], x]");
      const pairs = plan.narrow({ input: input!, op: 'map', on: 'record', fn });
      const first = plan.nodes.length;
      plan.onError = 'emit';
      operators.get(name)!.build(plan, pairs, { ...config, with: pairs });
      plan.onError = undefined;
      const bad = plan.union({ inputs: failuresSince(plan.nodes, first) });
      const counted = builtin('() => 1');
      return { bad: plan.narrow({ input: bad, op: 'map', on: 'record', fn: counted }) };
    });
    const letters = (await runGraph(graph, engine(defaultSettings))).get('bad')!.flat(2);
    expect(letters).toHaveLength(name === 'join' ? 4 : 2);
  });

  test('a sort key that is no value', async () => {
    const graph = graphOf([{ name: 'in', batches: [[3, 'f', 1, 's']], partitions: 2 }], (plan, [input]) => {
      plan.onError = 'emit';
      const by = builtin("x => ({ f: () => x, s: Symbol('s') })[x] ?? x");
      const { from } = plan.sort({ input: input!, by, ascending: true });
      return { out: { from, port: 'out' }, bad: { from, port: 'error' } };
    });
    const collected = await runGraph(graph, engine(defaultSettings));
    expect(collected.get('out')!.flat(2)).toEqual([1, 3]);
    expect((collected.get('bad')!.flat(2) as Letter[]).map(({ record }) => record).toSorted()).toEqual(['f', 's']);
  });

  test.each(['record', 'none'] as const)('a value of which a fold can make nothing, key: %s', async (key) => {
    const graph = graphOf([{ name: 'in', batches: [['a', 'bad', 'a', 'bad']], partitions: 2 }], (plan, [input]) => {
      plan.onError = 'emit';
      const { from } = plan.fold({ input: input!, key, ...counting, ...merging });
      return { out: { from, port: 'out' }, bad: { from, port: 'error' } };
    });
    const collected = await runGraph(graph, engine(defaultSettings));
    expect(collected.get('out')!.flat(2)).toEqual(key === 'none' ? [2] : [['a', 2]]);
    const bad = key === 'none' ? 'bad' : { key: 'bad', value: 'bad' };
    expect((collected.get('bad')!.flat(2) as Letter[]).map(({ record }) => record)).toEqual([bad, bad]);
  });

  test('letters of several steps, one behind the other and with different slides, go into one stream', async () => {
    const words = [['a', 'bad', 'x', 'b', 'a'], ['a', 'bad', 'x'], [], ['x']];
    const graph = graphOf([{ name: 'in', batches: words, partitions: 3 }], (plan, [input]) => {
      const step = (component: string, from: Edge, config: object): Edge => {
        plan.origin = { name: 'all', component, step: plan.nodes.length - 1 };
        plan.onError = 'emit';
        return operators.get(component)!.build(plan, from, config);
      };
      const mapped = step('map', input!, { fn: careful('w', "w === 'x' ? w : [w, 1]") });
      const reduced = step('reduceByKeyAndWindow', mapped, { reduce: sum, length: 2_000, slide: 2_000 });
      const by = builtin("([w]) => { if (w === 'b') throw new Error('no b'); return w; }");
      const out = step('sortBy', reduced, { by, ascending: true });
      const errors = failuresSince(plan.nodes, 1);
      plan.onError = undefined;
      plan.origin = { name: 'bad', component: 'onError' };
      const bad = plan.union({ inputs: errors });
      const named = plan.narrow({ input: bad, op: 'map', on: 'record', fn: builtin('({ record }) => record') });
      const again = operators.get('repartition')!.build(plan, named, { partitions: 2 });
      return { out, bad, again };
    });
    expect(new Set(graph.plan.nodes.flatMap(inputsOf).map(({ port }) => port))).toEqual(new Set(['out', 'error']));
    const collected = await runGraph(graph, engine(defaultSettings));
    expect(collected.get('out')!.map((batch) => batch.flat())).toEqual([[['a', 3]], []]);
    const records = [['bad', 'x'], ['bad', 'x', ['b', 1]], [], ['x']];
    const letters = collected.get('bad')!.map((batch) => (batch.flat() as Letter[]).map(({ record }) => record));
    expect(letters.map(sorted)).toEqual(records.map(sorted));
    expect(collected.get('again')!.map((batch) => sorted(batch.flat()))).toEqual(records.map(sorted));
  });
});
