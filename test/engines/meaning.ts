import { messageOf, StreamjobError } from '#src/base/errors.ts';
import type { Decoder, OnBadRecord } from '#src/component/format.ts';
import type { InitialPair } from '#src/component/initial.ts';
import { ofInput, type SplitReader } from '#src/component/source.ts';
import { deadLetter } from '#src/engine/deadLetter.ts';
import type { Batch } from '#src/engine/engine.ts';
import type { CompiledFunction } from '#src/function/compile.ts';
import type { FunctionReference } from '#src/function/reference.ts';
import { keyGroup, partitionOfGroup } from '#src/plan/hash.ts';
import { KeyedTable } from '#src/plan/keyedTable.ts';
import { fromLiteral } from '#src/plan/literal.ts';
import { compareValues } from '#src/plan/order.ts';
import {
  type CogroupNode,
  type Edge,
  edgeSlide,
  type FoldNode,
  isDue,
  type NarrowNode,
  type NodeId,
  type Plan,
  type PlanNode,
  type RepartitionNode,
  type SortNode,
  type SourceNode,
  type StateNode,
  slidesOf,
  stepName,
  type WindowNode,
} from '#src/plan/plan.ts';
import { checkValue, deepFreeze } from '#src/plan/value.ts';
import { type Memory, type PastBatch, type Records, type StateBatch, stepState } from './memory.ts';

interface Ports {
  readonly out: Records;
  readonly error: Records;
}

interface Accumulator {
  acc: unknown;
}

export interface RunOptions {
  readonly batch: Batch;
  readonly plan: Plan;
  readonly strict: boolean;
  readonly parallelism: number;
  readonly functions: ReadonlyMap<FunctionReference, CompiledFunction>;
  /** What states begin with. */
  readonly initial: ReadonlyMap<NodeId, readonly InitialPair[]>;
  /** As of the batch before. */
  readonly memory: Memory;
}

/** How a source's records are got. */
export interface SourceReader {
  readonly reader: SplitReader;
  readonly decode: Decoder | undefined;
}

/** One batch: every node by itself, once, with what batches before have left. */
export class BatchMeaning {
  readonly time: number;
  readonly recordsIn = new Map<NodeId, number>();
  readonly #options: RunOptions;
  readonly #ports = new Map<NodeId, Ports>();
  readonly #slides: readonly number[];
  readonly #windows: Map<NodeId, readonly PastBatch[]>;
  readonly #states: Map<NodeId, StateBatch['after']>;

  constructor(options: RunOptions) {
    this.#options = options;
    this.time = options.batch.time;
    this.#slides = slidesOf(options.plan);
    this.#windows = new Map(options.memory.windows);
    this.#states = new Map(options.memory.states);
  }

  /** What the next batch remembers, once all nodes have been computed. */
  get memory(): Memory {
    return { windows: this.#windows, states: this.#states };
  }

  /** True if the node gives something in this batch. */
  isDue(node: NodeId): boolean {
    return isDue(this.#slides[node]!, this.time, this.#options.batch.zeroTime);
  }

  async read(node: SourceNode, { reader, decode }: SourceReader): Promise<void> {
    const ports: Ports = { out: [], error: [] };
    for (const splits of this.#options.batch.inputs.get(node.id) ?? []) {
      const [out, error] = newPartition(ports);
      let count = 0;
      const bad = (record: unknown, thrown: unknown) => {
        count++;
        this.#fail(node, record, thrown, error);
      };
      const records = (list: readonly unknown[]) => {
        count += list.length;
        append(out, list);
      };
      let from: string | undefined;
      const input = (name: string) => {
        from = name;
      };
      const undecoded: OnBadRecord = (record, error) => bad(record, ofInput(error, from));
      const bytes = (data: Uint8Array, start: number, end: number) => records(decode!(data, start, end, undecoded));
      for (const split of splits) await reader.read(split, { input, records, bytes, bad, log: () => {} });
      this.recordsIn.set(node.id, (this.recordsIn.get(node.id) ?? 0) + count);
    }
    this.#ports.set(node.id, this.#checked(node, ports));
  }

  /** The records of an edge; each node is computed once, and only if a sink asks for it. */
  records({ from, port }: Edge): Records {
    const node = this.#options.plan.nodes[from]!;
    if (!this.#ports.has(from)) this.#ports.set(from, this.#checked(node, this.#compute(node)));
    return this.#ports.get(from)![port];
  }

  #compute(node: PlanNode): Ports {
    if (node.kind === 'window' || (node.kind === 'fold' && node.window)) return this.#window(node);
    if (!this.isDue(node.id)) return { out: [], error: [] };
    switch (node.kind) {
      case 'state':
        return this.#state(node);
      case 'narrow':
        return this.#narrow(node);
      case 'fold':
        return node.key === 'none' ? this.#foldAll(node) : this.#foldByKey(node);
      case 'cogroup':
        return this.#cogroup(node);
      case 'sort':
        return this.#sort(node);
      case 'repartition':
        return this.#repartition(node);
      case 'union':
        return { out: node.inputs.flatMap((input) => this.records(input)), error: [] };
      default:
        throw new Error(`nothing is computed for a ${node.kind}`);
    }
  }

  /**
   * Each batch is remembered; at a slide, those in the window are put together. What failed before it was moved comes out at once;
   * what could not be merged since the last slide comes with the window.
   */
  #window(node: WindowNode | FoldNode): Ports {
    const { length, slide } = node.kind === 'window' ? node : node.window!;
    const slideBefore = edgeSlide(node.input, this.#options.plan.nodes, this.#slides);
    const unmoved = isDue(slideBefore, this.time, this.#options.batch.zeroTime) ? this.#remember(node) : [];
    if (!this.isDue(node.id)) return { out: [], error: [unmoved] };
    const past = this.#windows.get(node.id) ?? [];
    const inWindow = past.filter(({ time }) => time > this.time - length).map(({ records }) => records);
    const unmerged = past.filter(({ time }) => time > this.time - slide).flatMap((batch) => batch.unmerged);
    const failed = [...unmoved, ...unmerged];
    if (node.kind === 'window') return { out: inWindow.flat(), error: [] };
    const hadData = past.some(({ records }) => records.flat().length > 0);
    return node.key === 'none'
      ? this.#mergeAll(node, inWindow, failed, hadData)
      : this.#mergeByKey(node, inWindow, failed);
  }

  /** Gives what failed before it was moved. */
  #remember(node: WindowNode | FoldNode): unknown[] {
    const { out, error } = this.#brought(node);
    const [unmoved = [], unmerged = []] = error;
    const batch = { time: this.time, records: out, unmerged };
    this.#windows.set(node.id, [...(this.#windows.get(node.id) ?? []), batch]);
    return unmoved;
  }

  /** What a batch brings to a window: its records, or its accumulators; and what failed, before and behind the shuffle. */
  #brought(node: WindowNode | FoldNode): Ports {
    if (node.kind === 'window') return { out: this.records(node.input), error: [] };
    const { zero: _, ...ofBatch } = node;
    return node.key === 'none' ? this.#foldAll(ofBatch) : this.#foldByKey(ofBatch);
  }

  #mergeAll(node: FoldNode, batches: readonly Records[], failed: readonly unknown[], hadData: boolean): Ports {
    const error = [...failed];
    const [first, ...rest] = batches.flat(2);
    const zero = node.zero === undefined || !hadData ? [] : [fromLiteral(node.zero)];
    if (batches.flat(2).length === 0) return { out: [zero], error: [error] };
    const result: Accumulator = { acc: first };
    for (const acc of rest) this.#merge(node, undefined, result, acc, error);
    return { out: [[result.acc]], error: [error] };
  }

  #mergeByKey(node: FoldNode, batches: readonly Records[], failed: readonly unknown[]): Ports {
    const error = [...failed];
    const partitions = Array.from({ length: node.partitions ?? this.#options.parallelism }, (_, partition) => {
      const table = new KeyedTable<Accumulator>();
      for (const [key, acc] of batches.flatMap((records) => records[partition] as [unknown, unknown][])) {
        const known = table.find(key);
        if (known) this.#merge(node, key, known, acc, error);
        else table.add(key, { acc });
      }
      return [...table].map(([key, { acc }]) => [key, acc]);
    });
    return { out: partitions, error: [error] };
  }

  #state(node: StateNode): Ports {
    const error: unknown[] = [];
    const pairs = this.records(node.input)
      .flat()
      .flatMap((record) => {
        const pair = this.#attempt(node, record, error, () => wantKeyed(record));
        return pair ? [pair] : [];
      });
    const { after, out } = stepState(pairs, this.#states.get(node.id), {
      node,
      fn: this.#fn(node.fn),
      initial: this.#options.initial.get(node.id) ?? [],
      time: this.time,
      partitions: node.partitions ?? this.#options.parallelism,
      attempt: (given, work) => this.#attempt(node, given, error, work),
    });
    this.#states.set(node.id, after);
    return { out, error: [error] };
  }

  #narrow(node: NarrowNode): Ports {
    const ports: Ports = { out: [], error: [] };
    const fn = this.#fn(node.fn);
    for (const records of this.records(node.input)) {
      const [out, error] = newPartition(ports);
      if (node.op === 'mapPartitions') append(out, this.#partition(node, records));
      else
        for (const record of records) this.#attempt(node, record, error, () => append(out, narrow(node, fn, record)));
    }
    return ports;
  }

  /** What a partition's function throws is not about one record, so it fails whatever `onError` says. */
  #partition(node: NarrowNode, records: unknown[]): unknown[] {
    try {
      return elements(this.#fn(node.fn)([...records]));
    } catch (thrown) {
      throw stepFailed(node, thrown);
    }
  }

  #foldByKey(node: FoldNode): Ports {
    const targets = Array.from(
      { length: node.partitions ?? this.#options.parallelism },
      () => new KeyedTable<Accumulator>(),
    );
    const [unmoved, unmerged]: [unknown[], unknown[]] = [[], []];
    for (const records of this.records(node.input)) {
      for (const [key, { acc }] of this.#foldPartition(node, records, unmoved)) {
        const target = targets[partitionOfGroup(keyGroup(key), targets.length)]!;
        const known = target.find(key);
        if (known) this.#merge(node, key, known, acc, unmerged);
        else target.add(key, { acc });
      }
    }
    const out = targets.map((target) => [...target].map(([key, { acc }]) => [key, acc]));
    return { out, error: [unmoved, unmerged] };
  }

  #foldPartition(node: FoldNode, records: unknown[], error: unknown[]): KeyedTable<Accumulator> {
    const table = new KeyedTable<Accumulator>();
    for (const record of records) {
      const pair = this.#attempt(node, record, error, () =>
        node.key === 'pair' ? wantPair(record) : [record, record],
      );
      if (!pair) continue;
      const [key, value] = pair;
      this.#attempt(node, { key, value }, error, () => {
        const known = table.find(key);
        if (known) known.acc = this.#fn(node.mergeValue)(known.acc, value);
        else table.add(key, { acc: this.#create(node, value) });
      });
    }
    return table;
  }

  #foldAll(node: FoldNode): Ports {
    const [unmoved, unmerged]: [unknown[], unknown[]] = [[], []];
    let result: Accumulator | undefined;
    for (const records of this.records(node.input)) {
      let partial: Accumulator | undefined;
      for (const record of records) {
        this.#attempt(node, record, unmoved, () => {
          if (partial) partial.acc = this.#fn(node.mergeValue)(partial.acc, record);
          else partial = { acc: this.#create(node, record) };
        });
      }
      if (result && partial) this.#merge(node, undefined, result, partial.acc, unmerged);
      result ??= partial;
    }
    const zero = node.zero === undefined ? [] : [fromLiteral(node.zero)];
    return { out: [result ? [result.acc] : zero], error: [unmoved, unmerged] };
  }

  #create(node: FoldNode, value: unknown): unknown {
    return node.create ? this.#fn(node.create)(value) : value;
  }

  #merge(node: FoldNode, key: unknown, into: Accumulator, acc: unknown, error: unknown[]): void {
    this.#attempt(node, { key, values: [into.acc, acc] }, error, () => {
      into.acc = this.#fn(node.mergeCombiners)(into.acc, acc);
    });
  }

  #cogroup(node: CogroupNode): Ports {
    const length = node.partitions ?? this.#options.parallelism;
    const targets = Array.from({ length }, () => new KeyedTable<[unknown[], unknown[]]>());
    const error: unknown[] = [];
    for (const side of [0, 1] as const) {
      for (const record of this.records(node.inputs[side]).flat()) {
        this.#attempt(node, record, error, () => {
          const [key, value] = wantPair(record);
          const target = targets[partitionOfGroup(keyGroup(key), length)]!;
          if (!target.find(key)) target.add(key, [[], []]);
          target.find(key)![side].push(value);
        });
      }
    }
    return { out: targets.map((target) => [...target]), error: [error] };
  }

  #sort(node: SortNode): Ports {
    const error: unknown[] = [];
    const entries: { readonly by: unknown; readonly record: unknown }[] = [];
    for (const record of this.records(node.input).flat()) {
      const by = node.by ? this.#fn(node.by) : (same: unknown) => same;
      this.#attempt(node, record, error, () => entries.push({ by: wantValue(node, by(record)), record }));
    }
    const direction = node.ascending ? 1 : -1;
    entries.sort((a, b) => direction * compareValues(a.by, b.by));
    return { out: [entries.slice(0, node.limit).map(({ record }) => record)], error: [error] };
  }

  /** Record `i` of partition `p` goes to partition `p + i`, round and round. */
  #repartition(node: RepartitionNode): Ports {
    const out: Records = Array.from({ length: node.partitions }, () => []);
    for (const [p, records] of this.records(node.input).entries()) {
      for (const [i, record] of records.entries()) out[(p + i) % node.partitions]!.push(record);
    }
    return { out, error: [] };
  }

  #fn(reference: FunctionReference): CompiledFunction {
    return this.#options.functions.get(reference)!;
  }

  /** The result of the work, or undefined if it threw and the node goes on without the record. */
  #attempt<T>(node: PlanNode, given: unknown, error: unknown[], work: () => T): T | undefined {
    try {
      return work();
    } catch (thrown) {
      this.#fail(node, given, thrown, error);
      return undefined;
    }
  }

  #fail(node: PlanNode, given: unknown, thrown: unknown, error: unknown[]): void {
    if (node.onError === undefined) throw stepFailed(node, thrown);
    if (node.onError === 'emit') error.push(deadLetter(given, thrown, node.origin, this.time));
  }

  #checked(node: PlanNode, ports: Ports): Ports {
    if (this.#options.strict) ports.out.flat().forEach((record) => void deepFreeze(wantValue(node, record)));
    return ports;
  }
}

/** Not `push(...more)`: the elements would all lie on the stack. */
function append(list: unknown[], more: readonly unknown[]): void {
  for (const element of more) list.push(element);
}

function newPartition({ out, error }: Ports): [out: unknown[], error: unknown[]] {
  out.push([]);
  error.push([]);
  return [out.at(-1)!, error.at(-1)!];
}

function narrow({ op, on }: NarrowNode, fn: CompiledFunction, record: unknown): unknown[] {
  const given = on === 'value' ? wantPair(record)[1] : record;
  const result = fn(given);
  if (op === 'filter') return result ? [record] : [];
  const results = op === 'flatMap' ? elements(result) : [result];
  if (on === 'value') return results.map((value) => [wantPair(record)[0], value]);
  return on === 'key' ? results.map((key) => [key, record]) : results;
}

function elements(result: unknown): unknown[] {
  if (typeof result === 'object' && result !== null && Symbol.iterator in result)
    return [...(result as Iterable<unknown>)];
  throw new StreamjobError('not-a-value', 'A list was expected.');
}

function wantPair(record: unknown): readonly [unknown, unknown] {
  if (Array.isArray(record) && record.length === 2) return record as [unknown, unknown];
  throw new StreamjobError('not-a-pair', 'A pair [key, value] was expected.');
}

/** A pair whose key can be one. */
function wantKeyed(record: unknown): readonly [unknown, unknown] {
  const pair = wantPair(record);
  keyGroup(pair[0]);
  return pair;
}

export function wantValue(node: PlanNode, record: unknown): unknown {
  const foreign = checkValue(record);
  if (foreign === undefined) return record;
  throw new StreamjobError('not-a-value', `${stepName(node.origin)} gave ${foreign}.`, { at: node.origin.at });
}

function stepFailed({ origin }: PlanNode, cause: unknown): StreamjobError {
  const code = cause instanceof StreamjobError ? cause.code : 'step-failed';
  return new StreamjobError(code, `${stepName(origin)}: ${messageOf(cause)}`, { at: origin.at, cause });
}
