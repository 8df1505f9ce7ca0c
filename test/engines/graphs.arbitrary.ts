import fc from 'fast-check';
import { catalog } from '#src/catalog/index.ts';
import { builtin } from '#src/function/reference.ts';
import type { PlanBuilder } from '#src/plan/builder.ts';
import type { Edge } from '#src/plan/plan.ts';
import { shuffles } from '#src/plan/stages.ts';
import { anyKey, anyValue } from '../plan/values.arbitrary.ts';
import { type Graph, graphOf, type Queue } from './runPlan.ts';

/** What the records of a stream are, so that only steps that make sense follow. */
export type Kind = 'values' | 'keys' | 'pairs' | 'counts' | 'numbers' | 'groups' | 'cogroups';

/** A stream of a random graph, and what is promised of it. */
export interface Stream {
  readonly edge: Edge;
  readonly kind: Kind;
  /** The order within a partition is promised. */
  readonly ordered: boolean;
  /** Which partition a record is in is promised. */
  readonly placed: boolean;
  /** An upper bound of the records in a batch. */
  readonly size: number;
  /** Every how many batches it gives something. */
  readonly slide: number;
}

export interface RandomGraph {
  readonly graph: Graph;
  readonly streams: ReadonlyMap<string, Stream>;
}

/** One step, chosen among those that fit the stream: numbers are taken modulo what there is to choose from. */
interface Move {
  readonly stream: number;
  readonly step: number;
  readonly other: number;
  readonly n: number;
}

interface Step {
  readonly takes: readonly Kind[];
  build(plan: PlanBuilder, stream: Stream, other: Stream, n: number): Stream | undefined;
}

const operators = new Map(
  await Promise.all(catalog.operators.names.map(async (name) => [name, await catalog.operators.load(name)] as const)),
);

function add(plan: PlanBuilder, name: string, input: Stream, config: unknown): Edge {
  plan.origin = { name: 'random', component: name, step: plan.nodes.length };
  return operators.get(name)!.build(plan, input.edge, config);
}

/** No records beyond this, however often streams are joined. */
const maxSize = 3_000;

/** Windows go on and states time out after the queues are empty. */
const maxBatches = 8;

const all: readonly Kind[] = ['values', 'keys', 'pairs', 'counts', 'numbers', 'groups', 'cogroups'];
const keyed: readonly Kind[] = ['pairs', 'counts', 'groups', 'cogroups'];
const plain: readonly Kind[] = ['values', 'keys', 'pairs', 'counts', 'numbers'];

/** A step of one function on each record, which keeps order and place. `grows`: how many times as many records come out. */
function each(takes: readonly Kind[], name: string, text: string, gives?: Kind, grows = 1): Step {
  const build: Step['build'] = (plan, stream) => {
    const size = stream.size * grows;
    if (size > maxSize) return undefined;
    return { ...stream, edge: add(plan, name, stream, { fn: builtin(text) }), kind: gives ?? stream.kind, size };
  };
  return { takes, build };
}

/** A step by key or value: what comes out is in no order. */
function shuffled(takes: readonly Kind[], name: string, gives: Kind, config: object = {}): Step {
  const build: Step['build'] = (plan, stream, _other, n) => {
    const settings = { ...config, ...(n > 1 && { partitions: n }) };
    return { ...stream, edge: add(plan, name, stream, settings), kind: gives, ordered: false, placed: true };
  };
  return { takes, build };
}

function joined(name: string, gives: Kind): Step {
  const build: Step['build'] = (plan, stream, other, n) => {
    if (!keyed.includes(other.kind) || stream.slide !== other.slide) return undefined;
    const size = (stream.size + 1) * (other.size + 1);
    if (size > maxSize) return undefined;
    const edge = add(plan, name, stream, { with: other.edge, ...(n > 1 && { partitions: n }) });
    return { edge, kind: gives, ordered: false, placed: true, size, slide: stream.slide };
  };
  return { takes: ['pairs', 'counts'], build };
}

/** A map of which some records fail, and where those go. */
function failing(onError: 'skip' | 'emit', port: Edge['port']): Step {
  const fn = "x => { if (typeof x !== 'object' || x === null) throw new Error('neither list nor object'); return x; }";
  const build: Step['build'] = (plan, stream) => {
    plan.onError = onError;
    const { from } = add(plan, 'map', stream, { fn: builtin(fn) });
    plan.onError = undefined;
    return { ...stream, edge: { from, port }, kind: 'values' };
  };
  return { takes: ['values', 'keys', 'numbers'], build };
}

/**
 * A step that moves records, of which some fail before they are moved, whatever came before them; and where those go. What
 * fails on the way into a window comes as often as what enters.
 */
function failingShuffle(takes: readonly Kind[], name: string, config: object, port: Edge['port'] = 'error'): Step {
  const build: Step['build'] = (plan, stream, _other, n) => {
    plan.onError = 'emit';
    const first = plan.nodes.length;
    const slide = 1_000 * stream.slide;
    const span = name.endsWith('Window') && { length: n * slide, slide: 2 * slide };
    const settings = { ...config, ...span, ...(name !== 'sortBy' && n > 1 && { partitions: n }) };
    add(plan, name, stream, settings);
    plan.onError = undefined;
    const from = plan.nodes.slice(first).find((node) => shuffles(node) && node.kind !== 'window')!.id;
    const failed: Stream = { ...stream, edge: { from, port }, kind: 'values', ordered: false, placed: false };
    // How the engines say that a record is no pair is theirs.
    const fn = builtin('({ record, step, batchTime }) => ({ record, step, batchTime })');
    return port === 'out' ? failed : { ...failed, edge: add(plan, 'map', failed, { fn }) };
  };
  return { takes, build };
}

/** A transform, by what its function says: `gives` is what the records are then, and whether order and place are kept. */
function transformed(takes: readonly Kind[], text: string, gives: Partial<Stream> = {}): Step {
  const build: Step['build'] = (plan, stream) => {
    const edge = add(plan, 'transform', stream, { transform: builtin(text) });
    return { ...stream, ...gives, edge };
  };
  return { takes, build };
}

/** A transform in which some records fail, and where those go. */
function failingTransform(onError: 'skip' | 'emit', port: Edge['port']): Step {
  const transform =
    "rdd => rdd.filter(x => x !== 0).map(x => { if (typeof x === 'number') throw new Error('one'); return x; })";
  const build: Step['build'] = (plan, stream) => {
    plan.onError = onError;
    const { from } = add(plan, 'transform', stream, { transform: builtin(transform) });
    plan.onError = undefined;
    // Failures of several steps stand one after the other.
    return { ...stream, edge: { from, port }, kind: 'values', placed: port === 'out' && stream.placed };
  };
  return { takes: ['values', 'keys', 'numbers'], build };
}

/** A step over a window of a few slides of its stream. */
function windowed(takes: readonly Kind[], name: string, gives?: Kind, config: object = {}): Step {
  const build: Step['build'] = (plan, stream, other, n) => {
    const slides = 1 + (other.size % 3);
    const size = stream.size * n;
    if (size > maxSize || stream.slide * slides > 6) return undefined;
    const second = 1_000 * stream.slide;
    const settings = { ...config, length: n * second, ...(slides > 1 && { slide: slides * second }) };
    const edge = add(plan, name, stream, settings);
    const slide = stream.slide * slides;
    return { edge, kind: gives ?? stream.kind, ordered: false, placed: name !== 'window', size, slide };
  };
  return { takes, build };
}

/** A step with state; what it does must not depend on the order of a key's values. */
function stateful(name: string, text: string, config: object = {}, onError?: 'skip'): Step {
  const build: Step['build'] = (plan, stream, _other, n) => {
    const size = stream.size * maxBatches;
    if (size > maxSize) return undefined;
    plan.onError = onError;
    const settings = { update: builtin(text), emit: 'mapped', ...config, ...(n > 2 && { partitions: n }) };
    const edge = add(plan, name, stream, settings);
    plan.onError = undefined;
    return { ...stream, edge, kind: 'counts', ordered: false, placed: true, size };
  };
  return { takes: ['counts'], build };
}

const total = '(values, total) => values.reduce((a, b) => a + b, total ?? 0)';
const dropping = '(values, n) => (values.length === 0 && n > 1 ? null : (n ?? 0) + values.length)';
const refusing = '(values, n) => { if (values.length > 1) throw new Error(`no`); return (n ?? 0) + 1; }';
const counted = `(key, value, state) => {
  if (state.isTimingOut()) return [key, -state.get()];
  const n = (state.getOption() ?? 0) + 1;
  if (n < 4) state.update(n);
  else state.remove();
  return n === 2 ? undefined : [key, n];
}`;
const odd =
  '(key, value, state) => { state.update((state.getOption() ?? 0) + 1); if (state.get() % 3 === 2) throw new Error(key); }';

const sum = builtin('(a, b) => a + b');
const oddValue = "if (typeof v !== 'string') throw new Error('no text');";
const countingTexts = {
  create: builtin(`v => { ${oddValue} return 1; }`),
  mergeValue: builtin(`(n, v) => { ${oddValue} return n + 1; }`),
  mergeCombiners: sum,
};
const onlyTexts = { by: builtin(`v => { ${oddValue} return v; }`), ascending: true };
const counting = {
  create: builtin('v => [v === null ? 0 : 1]'),
  mergeValue: builtin('(acc, v) => { acc[0] += v === null ? 0 : 1; return acc; }'),
  mergeCombiners: builtin('(a, b) => { a[0] += b[0]; return a; }'),
};

const steps: readonly Step[] = [
  each(all, 'map', 'x => ({ x, __proto__: null, twice: [x, x] })', 'values'),
  each(['values', 'pairs'], 'map', 'x => [typeof x, x]', 'pairs'),
  each(['values'], 'flatMap', 'x => Array.isArray(x) ? x.slice(0, 3) : [x]', 'values', 3),
  each(all, 'flatMap', 'x => [x, x]', undefined, 2),
  each(all, 'flatMap', 'function* (x) { if (x !== undefined) yield x; }'),
  each(['values', 'keys'], 'filter', "x => typeof x === 'object'"),
  each(['counts'], 'filter', '([, n]) => n > 1'),
  each(['values', 'pairs'], 'keyBy', 'x => ({ type: typeof x, list: Array.isArray(x) })', 'pairs'),
  each(['keys'], 'keyBy', 'x => [x]', 'pairs'),
  each(['keys'], 'map', 'x => [x, 1]', 'counts'),
  each(keyed, 'map', '([key]) => key', 'keys'),
  each(['counts'], 'map', '([, n]) => n', 'numbers'),
  each(['pairs', 'groups', 'cogroups'], 'mapValues', 'v => (Array.isArray(v) ? 2 : 1)', 'counts'),
  each(['groups'], 'flatMapValues', 'vs => vs.length > 2 ? [] : [vs.length]', 'counts'),
  each(['pairs'], 'flatMapValues', 'v => new Set([v, null])', 'pairs', 2),
  failing('skip', 'out'),
  failing('emit', 'error'),
  failing('emit', 'out'),
  failingShuffle(['pairs', 'counts', 'groups', 'cogroups'], 'combineByKey', countingTexts),
  failingShuffle(['pairs', 'numbers'], 'combineByKey', countingTexts, 'out'),
  failingShuffle(['numbers'], 'combineByKey', countingTexts),
  failingShuffle(['numbers'], 'reduceByKeyAndWindow', { reduce: sum }),
  failingShuffle(['numbers'], 'updateStateByKey', { update: builtin(total) }),
  failingShuffle(['values', 'keys', 'numbers', 'pairs'], 'sortBy', onlyTexts),
  failingShuffle(['values', 'keys'], 'sortBy', onlyTexts, 'out'),
  shuffled(['keys'], 'distinct', 'keys'),
  shuffled(['keys'], 'countByValue', 'counts'),
  shuffled(keyed, 'groupByKey', 'groups'),
  shuffled(['counts'], 'reduceByKey', 'counts', { reduce: sum }),
  shuffled(['pairs', 'counts'], 'combineByKey', 'pairs', counting),
  transformed(plain, 'rdd => rdd'),
  transformed(['values', 'pairs'], '(rdd, time) => rdd.map(x => [typeof x, time], { time })', { kind: 'pairs' }),
  transformed(['counts'], 'rdd => rdd.reduceByKey((a, b) => a + b)', { ordered: false, placed: true }),
  transformed(['keys', 'numbers'], 'rdd => rdd.sortBy(x => x)', { ordered: true, placed: true }),
  transformed(['keys'], '(rdd, t, context) => rdd.union(context.parallelize([t, -t], 2)).distinct()', {
    ordered: false,
    placed: true,
  }),
  transformed(['numbers'], '(rdd, time) => (time % 2000 === 0 ? rdd.map(x => x + n, { n: time }) : rdd)'),
  failingTransform('skip', 'out'),
  failingTransform('emit', 'out'),
  failingTransform('emit', 'error'),
  joined('join', 'pairs'),
  joined('leftOuterJoin', 'pairs'),
  joined('rightOuterJoin', 'pairs'),
  joined('fullOuterJoin', 'pairs'),
  joined('cogroup', 'cogroups'),
  windowed(all, 'window'),
  windowed(all, 'countByWindow', 'numbers'),
  windowed(['numbers'], 'reduceByWindow', 'numbers', { reduce: sum }),
  windowed(['counts'], 'reduceByKeyAndWindow', 'counts', { reduce: sum }),
  windowed(['counts'], 'reduceByKeyAndWindow', 'counts', { reduce: sum, filter: builtin('([, n]) => n > 1') }),
  windowed(keyed, 'groupByKeyAndWindow', 'groups'),
  windowed(['keys'], 'countByValueAndWindow', 'counts'),
  stateful('updateStateByKey', total),
  stateful('updateStateByKey', total, {
    initial: [
      ['a', 1],
      [[1], 2],
    ],
  }),
  stateful('updateStateByKey', dropping),
  stateful('updateStateByKey', refusing, {}, 'skip'),
  stateful('mapWithState', counted),
  stateful('mapWithState', counted, { timeout: 2_000 }),
  stateful('mapWithState', counted, { timeout: 1_000, emit: 'snapshot', initial: [['a', 1]] }),
  stateful('mapWithState', odd, { emit: 'snapshot' }, 'skip'),
  {
    takes: all,
    build: (plan, stream) => ({ ...single(stream), edge: add(plan, 'count', stream, {}), kind: 'numbers', size: 1 }),
  },
  {
    takes: ['numbers'],
    build: (plan, stream) => ({ ...single(stream), edge: add(plan, 'reduce', stream, { reduce: sum }), size: 1 }),
  },
  {
    takes: ['values', 'keys', 'numbers'],
    build: (plan, stream, _other, n) => ({ ...single(stream), edge: add(plan, 'top', stream, { n }) }),
  },
  {
    takes: ['values', 'keys', 'numbers', 'counts'],
    build: (plan, stream, _other, n) => ({
      ...single(stream),
      edge: add(plan, 'sortBy', stream, { ascending: n > 2 }),
    }),
  },
  {
    takes: plain,
    build: (plan, stream, other) => {
      if (other.kind !== stream.kind || other.slide !== stream.slide || stream.size + other.size > maxSize)
        return undefined;
      const ordered = stream.ordered && other.ordered;
      const placed = stream.placed && other.placed;
      const edge = add(plan, 'union', stream, { with: other.edge });
      return { ...stream, edge, ordered, placed, size: stream.size + other.size };
    },
  },
  {
    takes: all,
    build: (plan, stream, _other, n) => {
      const edge = add(plan, 'repartition', stream, { partitions: n });
      return { ...stream, edge, ordered: false, placed: false };
    },
  },
  {
    takes: all,
    build: (plan, stream) => {
      if (!stream.placed) return undefined;
      const fn = builtin('items => [items.length]');
      return { ...stream, edge: add(plan, 'mapPartitions', stream, { fn }), kind: 'numbers', ordered: true };
    },
  },
  { takes: all, build: (plan, stream) => ({ ...stream, edge: add(plan, 'cache', stream, {}) }) },
];

/** One partition; in a promised order, since equal records cannot be told apart. */
const single = (stream: Stream): Stream => ({ ...stream, ordered: true, placed: true });

function build(queues: readonly (Queue & { kind: Kind })[], moves: readonly Move[]): RandomGraph {
  const streams = new Map<string, Stream>();
  const graph = graphOf(queues, (plan, sources) => {
    for (const [i, edge] of sources.entries()) {
      const { name, kind, batches } = queues[i]!;
      const size = Math.max(0, ...batches.map((batch) => batch.length));
      streams.set(name, { edge, kind, ordered: true, placed: true, size, slide: 1 });
    }
    for (const [i, move] of moves.entries()) {
      const stream = makeMove(plan, [...streams.values()], move);
      if (stream) streams.set(`s${i}`, stream);
    }
    return Object.fromEntries([...streams].map(([name, { edge }]) => [name, edge]));
  });
  return { graph: { ...graph, batches: maxBatches }, streams };
}

function makeMove(plan: PlanBuilder, streams: readonly Stream[], { stream, step, other, n }: Move): Stream | undefined {
  const from = streams[stream % streams.length]!;
  const fitting = steps.filter(({ takes }) => takes.includes(from.kind));
  return fitting[step % fitting.length]!.build(plan, from, streams[other % streams.length]!, n);
}

const move: fc.Arbitrary<Move> = fc.record({
  stream: fc.nat({ max: 40 }),
  step: fc.nat({ max: 100 }),
  other: fc.nat({ max: 40 }),
  n: fc.integer({ min: 1, max: 5 }),
});

/** A few keys, so that they meet again; of each also a copy of its own. */
const keyPool = fc.array(anyKey, { minLength: 1, maxLength: 5 });

const recordsOf = (kind: 'values' | 'keys' | 'pairs', keys: readonly unknown[]): fc.Arbitrary<unknown> => {
  const key = fc.constantFrom(...keys);
  if (kind === 'keys') return key;
  return kind === 'pairs' ? fc.tuple(key, anyValue) : anyValue;
};

const queues: fc.Arbitrary<readonly (Queue & { kind: Kind })[]> = keyPool.chain((keys) =>
  fc.tuple(
    ...(['values', 'keys', 'pairs'] as const).map((kind) =>
      fc.record({
        name: fc.constant(kind),
        kind: fc.constant(kind),
        batches: fc.array(fc.array(recordsOf(kind, keys), { maxLength: 12 }), { minLength: 1, maxLength: 4 }),
        partitions: fc.integer({ min: 1, max: 4 }),
      }),
    ),
  ),
);

/** Random steps behind a queue of values, one of keys and one of pairs; every stream is collected. */
export const anyGraph: fc.Arbitrary<RandomGraph> = fc
  .tuple(queues, fc.array(move, { minLength: 1, maxLength: 25 }))
  .map(([sources, moves]) => build(sources, moves));
