import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { catalog } from '#src/catalog/index.ts';
import type { Engine } from '#src/engine/engine.ts';
import { builtin } from '#src/function/reference.ts';
import { LocalEngine } from '#src/local/index.ts';
import { anyKey } from '../plan/values.arbitrary.ts';
import { ReferenceEngine } from './reference.ts';
import { type Graph, graphOf, runGraph } from './runPlan.ts';

const engines: readonly [name: string, engine: () => Engine][] = [
  ['the reference engine', () => new ReferenceEngine()],
  ['the local engine', () => new LocalEngine({ threads: 2, memoryLimit: 64e6 })],
];

const records = [
  ['k', { n: 1, inner: { list: [1, 2] } }],
  ['k', { n: 2, inner: { list: [] } }],
  ['l', { n: 3, inner: { list: [3] } }],
];

async function graphWith(
  step: string,
  config: { readonly [setting: string]: unknown },
  batch = records,
): Promise<Graph> {
  const operator = await catalog.operators.load(step);
  return graphOf([{ name: 'given', batches: [batch] }], (plan, [given]) => {
    plan.origin = { name: 'out', component: step, step: 0 };
    return { out: operator.build(plan, given!, config) };
  });
}

const change = 'pair => { pair[1].n++; return pair; }';

/** Steps whose function changes what it is given. */
const breaches: readonly (readonly [step: string, config: { readonly [setting: string]: unknown }])[] = [
  ['map', { fn: builtin(change) }],
  ['map', { fn: builtin('pair => { pair.push(1); return 0; }') }],
  ['map', { fn: builtin('pair => { pair[1].inner.list.push(1); return 0; }') }],
  ['map', { fn: builtin('pair => { delete pair[1].inner; return 0; }') }],
  ['flatMap', { fn: builtin('pair => pair.reverse()') }],
  ['filter', { fn: builtin('pair => (pair[1].more = true)') }],
  ['mapPartitions', { fn: builtin(`pairs => pairs.map(${change})`) }],
  ['mapValues', { fn: builtin('value => { value.n = 0; return value; }') }],
  ['flatMapValues', { fn: builtin('value => value.inner.list.splice(0)') }],
  ['keyBy', { fn: builtin('pair => pair[1].inner.list.sort().length') }],
  ['sortBy', { by: builtin('pair => pair[1].n++'), ascending: true }],
  ['reduce', { reduce: builtin('(a, b) => { a.push(...b); return a; }') }],
  ['reduceByKey', { reduce: builtin('(a, b) => { a.n += b.n; return a; }') }],
  ['reduceByKey', { reduce: builtin('(a, b) => { b.n += a.n; return b; }') }],
  [
    'combineByKey',
    {
      create: builtin('value => { value.n++; return [value]; }'),
      mergeValue: builtin('(acc, value) => acc'),
      mergeCombiners: builtin('(acc, other) => acc'),
    },
  ],
];

describe.each(engines)('%s in strict mode', (_name, engine) => {
  test.each(breaches)('%s: a function that changes what it is given fails', async (step, config) => {
    const graph = await graphWith(step, config);
    await expect(runGraph(graph, engine())).rejects.toMatchObject({
      code: 'step-failed',
      message: expect.stringMatching(
        /^out, step 1 .*(read only|not extensible|Cannot delete|Cannot assign|Cannot add)/,
      ),
    });
  });

  test('an accumulator that create made may be changed', async () => {
    const graph = await graphWith('combineByKey', {
      create: builtin('value => ({ sum: value.n })'),
      mergeValue: builtin('(acc, value) => { acc.sum += value.n; return acc; }'),
      mergeCombiners: builtin('(acc, other) => { acc.sum += other.sum; return acc; }'),
    });
    const [batch] = (await runGraph(graph, engine())).get('out')!;
    expect(batch!.flat()).toEqual(
      expect.arrayContaining([
        ['k', { sum: 3 }],
        ['l', { sum: 3 }],
      ]),
    );
  });

  test.each([
    'x => () => x',
    'x => Symbol.iterator',
    'x => new Proxy(class {}, {})',
    'x => Promise.resolve(x)',
    'x => new URL("a:b")',
  ])('the result of %s is no value', async (text) => {
    const graph = await graphWith('map', { fn: builtin(text) });
    await expect(runGraph(graph, engine())).rejects.toMatchObject({ code: 'not-a-value' });
  });

  test.each(['mapValues', 'reduceByKey', 'groupByKey', 'join'])('%s wants pairs, and names the step', async (step) => {
    const identity = builtin('x => x');
    const graph = graphOf([{ name: 'given', batches: [['no pair']] }], (plan, [given]) => {
      plan.origin = { name: 'out', component: step, step: 0 };
      const config = { fn: identity, reduce: identity, with: given! };
      return { out: operators.get(step)!.build(plan, given!, config) };
    });
    await expect(runGraph(graph, engine())).rejects.toMatchObject({
      code: 'not-a-pair',
      message: expect.stringContaining(`out, step 1 (${step})`),
    });
  });
});

const operators = new Map(
  await Promise.all(catalog.operators.names.map(async (name) => [name, await catalog.operators.load(name)] as const)),
);

test('arrays and objects of any record are frozen at every depth', async () => {
  const mutations = [
    'x => { x.foreign = 1; return 0; }',
    'x => { "use strict"; for (const y of Object.values(x)) y.foreign = 1; return 0; }',
  ];
  const container = anyKey.filter(
    (x) => typeof x === 'object' && x !== null && Object.getPrototypeOf(x) !== Date.prototype && !ArrayBuffer.isView(x),
  );
  const property = fc.asyncProperty(container, async (x) => {
    const graph = await graphWith('map', { fn: builtin(mutations[0]!) }, [x] as never);
    await expect(runGraph(graph, new ReferenceEngine())).rejects.toMatchObject({ code: 'step-failed' });
    const nested = await graphWith('map', { fn: builtin(mutations[1]!) }, [[x]] as never);
    await expect(runGraph(nested, new ReferenceEngine())).rejects.toMatchObject({ code: 'step-failed' });
  });
  await fc.assert(property, { numRuns: 30 });
});
