import type { Place } from '../base/errors.ts';
import type { JsonValue } from '../base/json.ts';
import type { FunctionReference } from '../function/reference.ts';

/**
 * A job as data: what an engine is asked to run, and what the checkpoint records. Plain JSON, so a plan round-trips.
 * An engine is finished when it handles the nodes below; every operator is composed of them.
 */
export interface Plan {
  readonly version: 1;
  readonly name: string;
  /** Milliseconds. */
  readonly batchInterval: number;
  /** How a key becomes one of `keyGroups` groups; a partition owns a range of groups. */
  readonly keyHash: typeof keyHash;
  readonly keyGroups: typeof keyGroups;
  /** The ES module whose exports the functions may use, and the SHA-256 of its content. */
  readonly module?: { readonly path: string; readonly sha256: string };
  /** By the name that they have in functions. */
  readonly tables?: { readonly [name: string]: TableReference };
  /** Tables that the program itself has given: pairs of key and value, as literals. */
  readonly maps?: { readonly [name: string]: readonly (readonly [key: JsonValue, value: JsonValue])[] };
  /**
   * `nodes[i].id === i`. Parents come before their children, but for what a batch's transforms have added: it stands at the end
   * (`parentsFirst` puts it where it belongs).
   */
  readonly nodes: readonly PlanNode[];
}

/** A file that is read as data, and the SHA-256 of its content. */
export interface DataFile {
  readonly path: string;
  readonly format: { readonly name: string; readonly config: { readonly [setting: string]: JsonValue } };
  readonly sha256: string;
}

/** A file whose records functions find by a field of them. */
export interface TableReference extends DataFile {
  readonly key: string;
}

/** A file of pairs, which a state begins with. */
export type InitialFile = Omit<DataFile, 'sha256'> & Partial<DataFile>;

export const keyHash = 'murmur3-32';
export const keyGroups = 256;

export type NodeId = number;

/** Where a node's input comes from: the records of a node (`out`), or what failed in it (`error`). */
export interface Edge {
  readonly from: NodeId;
  readonly port: 'out' | 'error';
}

/** What the user wrote to get this node; every error and metric names it. */
export interface Origin {
  /** The source, stream or sink. */
  readonly name: string;
  /** The component: `socket`, `reduceByKey`, `files`. */
  readonly component: string;
  /** Index of the step in its stream, from 0. */
  readonly step?: number;
  readonly at?: Place;
}

interface NodeBase {
  readonly id: NodeId;
  readonly origin: Origin;
  /**
   * What happens with a record whose function throws: the task fails (default), the record is left out, or it goes to
   * the `error` port as `{ record, error, step, batchTime }`. What fails before records are moved between partitions comes out
   * in the partitions where it was, those behind come after them.
   */
  readonly onError?: 'skip' | 'emit';
}

/** Records from outside. `config` is as written: `${NAME}` is resolved by who opens the component. */
export interface SourceNode extends NodeBase {
  readonly kind: 'source';
  readonly config: JsonValue;
}

/**
 * A step from one record to some, inside its partition.
 * `map` gives one record, `filter` keeps those for which `fn` is truthy, `flatMap` gives each element of an iterable;
 * `mapPartitions` gets the list of all records of a partition (also an empty one) and returns an iterable.
 * `on` says what `fn` gets and replaces: the record; the value of a pair `[key, value]`; or, for `key`, it gets the
 * record and gives the key of a new pair `[fn(record), record]`.
 */
export interface NarrowNode extends NodeBase {
  readonly kind: 'narrow';
  readonly input: Edge;
  readonly op: 'map' | 'filter' | 'flatMap' | 'mapPartitions';
  readonly on: 'record' | 'value' | 'key';
  readonly fn: FunctionReference;
}

/**
 * Aggregates a batch: `create(value)` (the value itself if absent) makes an accumulator of the first value,
 * `mergeValue(acc, value)` adds one, `mergeCombiners(acc, acc)` joins two, in the order of partitions.
 * `key: 'pair'` aggregates the values of pairs by key; `'record'` takes the record as its own key, and `create` and
 * `mergeValue` get it as value; both give pairs `[key, acc]`. `'none'` aggregates all records into one accumulator in a single
 * partition: nothing for an empty batch, or `zero` if there is one (it is then the batch's result, not merged).
 */
export interface FoldNode extends NodeBase {
  readonly kind: 'fold';
  readonly input: Edge;
  readonly key: 'pair' | 'record' | 'none';
  readonly create?: FunctionReference;
  readonly mergeValue: FunctionReference;
  readonly mergeCombiners: FunctionReference;
  readonly zero?: JsonValue;
  /**
   * Aggregates the batches of the window `(t - length, t]` in place of one batch, and gives something only at slides. A key
   * is there as long as a value of it is in the window. With `zero` the window gives it when it is empty, from the first
   * element ever on. `mergeCombiners` must not change its arguments: an accumulator is used again while it is in the window.
   */
  readonly window?: Span;
  /** Absent: the engine's default parallelism. */
  readonly partitions?: number;
}

/** Milliseconds. Slides are counted from the zero time of the job. */
export interface Span {
  readonly length: number;
  readonly slide: number;
}

/** The records of all batches in the window `(t - length, t]`, the oldest batch first; only at slides. */
export interface WindowNode extends NodeBase, Span {
  readonly kind: 'window';
  readonly input: Edge;
  /** Nothing follows it, and a restart may lose it: it is there for who asks for the last batches. */
  readonly remembered?: true;
}

/**
 * Keeps a value for each key of a stream of pairs, from batch to batch.
 * `updateStateByKey`: `fn(values, state, key, time)` for every key with state or values gives the new state, null or undefined
 * to drop it; the step gives all pairs `[key, state]`. `mapWithState`: `fn(key, value, state, time)` for every record, with
 * Spark's State object; the step gives what it returns unless undefined (`mapped`), or all pairs after the batch (`snapshot`).
 */
export interface StateNode extends NodeBase {
  readonly kind: 'state';
  readonly input: Edge;
  readonly op: 'updateStateByKey' | 'mapWithState';
  readonly fn: FunctionReference;
  /** mapWithState: a key times out in the first batch whose time is more than this after the key was last touched. */
  readonly timeout?: number;
  /** Pairs that are there before the first batch: literals, or a file of them, whose hash comes when the plan is complete. */
  readonly initial?: readonly JsonValue[] | InitialFile;
  readonly emit: 'mapped' | 'snapshot';
  readonly partitions?: number;
  /** Names the state in place of its stream and number. */
  readonly stateId?: string;
}

/** For every key of either side one record `[key, [valuesOfLeft, valuesOfRight]]`. */
export interface CogroupNode extends NodeBase {
  readonly kind: 'cogroup';
  readonly inputs: readonly [Edge, Edge];
  readonly partitions?: number;
}

/** All records of all inputs; its partitions are those of its inputs, one after the other. */
export interface UnionNode extends NodeBase {
  readonly kind: 'union';
  readonly inputs: readonly Edge[];
}

/** The same records in exactly `partitions` partitions. */
export interface RepartitionNode extends NodeBase {
  readonly kind: 'repartition';
  readonly input: Edge;
  readonly partitions: number;
}

/**
 * All records in one partition, ordered by `by(record)` in the order of values (plan/order.ts); equal ones keep their
 * order. With `limit` only the first so many.
 */
export interface SortNode extends NodeBase {
  readonly kind: 'sort';
  readonly input: Edge;
  readonly by?: FunctionReference;
  readonly ascending: boolean;
  readonly limit?: number;
}

/**
 * A step that is written anew for each batch: `fn` gets the batch's RDDs, one for each input, and gives the one that the step
 * stands for. It is called before the batch is given to an engine, so no engine ever runs this node: see expand.ts.
 */
export interface TransformNode extends NodeBase {
  readonly kind: 'transform';
  readonly inputs: readonly Edge[];
  readonly fn: FunctionReference;
  /** How `fn` gets the RDDs, before time and context: each for itself, or all in a list. */
  readonly as: 'arguments' | 'list';
}

/** Records to outside. */
export interface SinkNode extends NodeBase {
  readonly kind: 'sink';
  readonly input: Edge;
  readonly config: JsonValue;
}

export type PlanNode =
  | SourceNode
  | NarrowNode
  | FoldNode
  | CogroupNode
  | UnionNode
  | RepartitionNode
  | SortNode
  | WindowNode
  | StateNode
  | TransformNode
  | SinkNode;

/** The edges into a node, in order. */
export function inputsOf(node: PlanNode): readonly Edge[] {
  switch (node.kind) {
    case 'source':
      return [];
    case 'cogroup':
    case 'union':
    case 'transform':
      return node.inputs;
    default:
      return [node.input];
  }
}

/** How the step of a node is named in messages: `counts, step 2 (reduceByKey)`. */
export function stepName(origin: Origin): string {
  return origin.step === undefined
    ? `${origin.name} (${origin.component})`
    : `${origin.name}, step ${origin.step + 1} (${origin.component})`;
}

/** The nodes of a plan, parents before their children, otherwise in the plan's order. */
export function parentsFirst(nodes: readonly PlanNode[]): readonly PlanNode[] {
  if (nodes.every((node) => inputsOf(node).every(({ from }) => from < node.id))) return nodes;
  const ordered = new Set<PlanNode>();
  const open = nodes.toReversed();
  for (let node = open.at(-1); node; node = open.at(-1)) {
    const missing = ordered.has(node) ? [] : parentsOf(node, nodes).filter((parent) => !ordered.has(parent));
    if (missing.length === 0) ordered.add(open.pop()!);
    else open.push(...missing);
  }
  return [...ordered];
}

const parentsOf = (node: PlanNode, nodes: readonly PlanNode[]): readonly PlanNode[] =>
  inputsOf(node).map(({ from }) => nodes[from]!);

/**
 * Every how many milliseconds each node of a plan gives something: its window's slide, otherwise what its inputs have. Streams
 * that are put together have one slide, but for what failed in different steps: that comes as often as any of it.
 * Indexed by node id.
 */
export function slidesOf(plan: Pick<Plan, 'batchInterval' | 'nodes'>): readonly number[] {
  const slides = new Array<number>(plan.nodes.length).fill(plan.batchInterval);
  for (const node of parentsFirst(plan.nodes)) {
    const inputs = inputsOf(node).map((edge) => edgeSlide(edge, plan.nodes, slides));
    const own = node.kind === 'window' ? node.slide : node.kind === 'fold' ? node.window?.slide : undefined;
    slides[node.id] = own ?? (inputs.length > 0 ? inputs.reduce(commonDivisor) : plan.batchInterval);
  }
  return slides;
}

/**
 * Every how many milliseconds something comes out of an edge. What fails on the way into a window comes out at once, so as often
 * as a batch enters; what fails in the window itself, at its slides.
 */
export function edgeSlide({ from, port }: Edge, nodes: readonly PlanNode[], slides: readonly number[]): number {
  const node = nodes[from]!;
  if (port === 'out' || node.kind !== 'fold' || !node.window) return slides[from]!;
  return commonDivisor(slides[from]!, edgeSlide(node.input, nodes, slides));
}

function commonDivisor(a: number, b: number): number {
  return b === 0 ? a : commonDivisor(b, a % b);
}

/** True if something with this slide gives something at this time. */
export const isDue = (slide: number, time: number, zeroTime: number): boolean => (time - zeroTime) % slide === 0;
