import { describe, expect, test } from 'vitest';
import type { OperatorDefinition } from '#src/component/operator.ts';
import { PlanBuilder } from '#src/plan/builder.ts';
import type { Edge, PlanNode } from '#src/plan/plan.ts';

const fn = { text: 'user' };
const other: Edge = { from: 1, port: 'error' };

/** What a step adds behind a source, with the functions of our own as text. */
async function nodesOf(name: string, config: object): Promise<{ nodes: object[]; out: Edge }> {
  const plan = new PlanBuilder();
  plan.origin = { name: 'tests', component: name };
  const input = plan.source({ config: null });
  plan.source({ config: null });
  const { default: operator } = (await import(`#src/operators/${name}.ts`)) as { default: OperatorDefinition };
  const out = operator.build(plan, input, config as never);
  return { nodes: plan.nodes.slice(2).map(withoutOrigin), out };
}

function withoutOrigin({ id: _id, origin, ...node }: PlanNode): object {
  expect(origin.name).toBe('tests');
  return node;
}

const input: Edge = { from: 0, port: 'out' };
const behind = (from: number): Edge => ({ from, port: 'out' });
const narrow = (op: string, on: string, text = 'user', from = input) => ({
  kind: 'narrow',
  input: from,
  op,
  on,
  fn: { text },
});
const fold = (key: string, create: string | undefined, mergeValue: string, mergeCombiners: string) => ({
  kind: 'fold',
  input,
  key,
  ...(create === undefined ? {} : { create: { text: create } }),
  mergeValue: { text: mergeValue },
  mergeCombiners: { text: mergeCombiners },
});
const counting = ['() => 1', '(count) => count + 1', '(a, b) => a + b'] as const;

describe('each step adds its core nodes', () => {
  test.each<[string, object, object[]]>([
    ['map', { fn }, [narrow('map', 'record')]],
    ['flatMap', { fn }, [narrow('flatMap', 'record')]],
    ['filter', { fn }, [narrow('filter', 'record')]],
    ['mapPartitions', { fn }, [narrow('mapPartitions', 'record')]],
    ['mapValues', { fn }, [narrow('map', 'value')]],
    ['flatMapValues', { fn }, [narrow('flatMap', 'value')]],
    ['keyBy', { fn }, [narrow('map', 'key')]],
    ['glom', {}, [narrow('mapPartitions', 'record', '(records) => [[...records]]')]],
    ['count', {}, [{ ...fold('none', ...counting), zero: 0 }]],
    ['countByValue', {}, [fold('record', ...counting)]],
    ['countByValue', { partitions: 3 }, [{ ...fold('record', ...counting), partitions: 3 }]],
    ['reduce', { reduce: fn }, [fold('none', undefined, 'user', 'user')]],
    ['reduceByKey', { reduce: fn }, [fold('pair', undefined, 'user', 'user')]],
    ['reduceByKey', { reduce: fn, partitions: 2 }, [{ ...fold('pair', undefined, 'user', 'user'), partitions: 2 }]],
    [
      'combineByKey',
      { create: { text: 'c' }, mergeValue: { text: 'v' }, mergeCombiners: { text: 'm' }, partitions: 2 },
      [{ ...fold('pair', 'c', 'v', 'm'), partitions: 2 }],
    ],
    ['sortBy', { by: fn, ascending: false }, [{ kind: 'sort', input, by: fn, ascending: false }]],
    ['sortBy', { ascending: true }, [{ kind: 'sort', input, ascending: true }]],
    ['top', { n: 3 }, [{ kind: 'sort', input, ascending: false, limit: 3 }]],
    ['top', { n: 3, by: fn }, [{ kind: 'sort', input, ascending: false, limit: 3, by: fn }]],
    ['repartition', { partitions: 5 }, [{ kind: 'repartition', input, partitions: 5 }]],
    ['union', { with: other }, [{ kind: 'union', inputs: [input, other] }]],
    ['cogroup', { with: other }, [{ kind: 'cogroup', inputs: [input, other] }]],
    ['cogroup', { with: other, partitions: 4 }, [{ kind: 'cogroup', inputs: [input, other], partitions: 4 }]],
    ['window', { length: 3_000 }, [{ kind: 'window', input, length: 3_000, slide: 1_000 }]],
    [
      'countByWindow',
      { length: 3_000, slide: 2_000 },
      [{ ...fold('none', ...counting), zero: 0, window: { length: 3_000, slide: 2_000 } }],
    ],
    [
      'reduceByWindow',
      { reduce: fn, inverse: { text: 'i' }, length: 3_000 },
      [{ ...fold('none', undefined, 'user', 'user'), window: { length: 3_000, slide: 1_000 } }],
    ],
    [
      'reduceByKeyAndWindow',
      { reduce: fn, filter: { text: 'f' }, length: 3_000, partitions: 2 },
      [
        { ...fold('pair', undefined, 'user', 'user'), window: { length: 3_000, slide: 1_000 }, partitions: 2 },
        narrow('filter', 'record', 'f', behind(2)),
      ],
    ],
    [
      'countByValueAndWindow',
      { length: 3_000 },
      [{ ...fold('record', ...counting), window: { length: 3_000, slide: 1_000 } }],
    ],
    [
      'updateStateByKey',
      { update: fn, id: 'totals', initial: [['a', 1]] },
      [
        {
          kind: 'state',
          input,
          op: 'updateStateByKey',
          fn,
          emit: 'snapshot',
          stateId: 'totals',
          initial: [['a', 1]],
        },
      ],
    ],
    [
      'mapWithState',
      { update: fn, timeout: 5_000, emit: 'mapped', partitions: 3 },
      [{ kind: 'state', input, op: 'mapWithState', fn, emit: 'mapped', timeout: 5_000, partitions: 3 }],
    ],
  ])('%s (%#)', async (name, config, expected) => {
    const { nodes, out } = await nodesOf(name, config);
    expect(nodes).toEqual(expected);
    expect(out).toEqual(behind(1 + nodes.length));
  });

  test.each(['cache', 'persist'])('%s adds none', async (name) => {
    expect(await nodesOf(name, {})).toEqual({ nodes: [], out: input });
  });

  test('distinct is a fold of records and takes the keys', async () => {
    const { nodes, out } = await nodesOf('distinct', { partitions: 2 });
    const nothing = '() => null';
    expect(nodes).toEqual([
      { ...fold('record', nothing, nothing, nothing), partitions: 2 },
      narrow('map', 'record', '([record]) => record', behind(2)),
    ]);
    expect(out).toEqual(behind(3));
  });

  test('groupByKey gathers in arrival order', async () => {
    const { nodes } = await nodesOf('groupByKey', {});
    const node = nodes[0] as {
      create: { text: string };
      mergeValue: { text: string };
      mergeCombiners: { text: string };
    };
    const [create, mergeValue, mergeCombiners] = [node.create, node.mergeValue, node.mergeCombiners].map(run);
    const left = mergeValue!(create!(1), 2);
    expect(mergeCombiners!(left, mergeValue!(create!(3), 4))).toEqual([1, 2, 3, 4]);
  });
});

/** Our own functions of a plan, as any engine would compile them. */
function run({ text }: { text: string }): (...args: unknown[]) => unknown {
  return new Function(`'use strict'; return (${text});`)() as (...args: unknown[]) => unknown;
}

describe('a join takes every value of one side with every value of the other', () => {
  const both = [
    [1, 'x'],
    [1, 'y'],
    [2, 'x'],
    [2, 'y'],
  ];
  const leftOnly = [
    [1, null],
    [2, null],
  ];
  const rightOnly = [
    [null, 'x'],
    [null, 'y'],
  ];

  test.each([
    ['join', [], []],
    ['leftOuterJoin', leftOnly, []],
    ['rightOuterJoin', [], rightOnly],
    ['fullOuterJoin', leftOnly, rightOnly],
  ])('%s', async (name, withoutRight, withoutLeft) => {
    const { nodes, out } = await nodesOf(name, { with: other, partitions: 3 });
    expect(nodes[0]).toEqual({ kind: 'cogroup', inputs: [input, other], partitions: 3 });
    expect(nodes.slice(1)).toMatchObject([
      { kind: 'narrow', op: 'flatMap', on: 'value', input: behind(2) },
      { kind: 'narrow', op: 'flatMap', on: 'value', input: behind(3) },
    ]);
    expect(out).toEqual(behind(4));
    const [eachLeft, eachRight] = nodes.slice(1).map((node) => run((node as { fn: { text: string } }).fn));
    const joined = (left: unknown[], right: unknown[]) =>
      (eachLeft!([left, right]) as unknown[]).flatMap((value) => eachRight!(value) as unknown[]);
    expect(joined([1, 2], ['x', 'y'])).toEqual(both);
    expect(joined([1, 2], [])).toEqual(withoutRight);
    expect(joined([], ['x', 'y'])).toEqual(withoutLeft);
  });
});
