import { basename, dirname } from 'node:path';
import { ScopedFunction } from './apiConfig.ts';
import type { Recorded } from './graph.ts';
import type { RDD } from './rdd.ts';
import type { RddContext } from './rddContext.ts';
import type { AnyRecord, Duration, Pair, Partitioning, Scope, State, StateOptions, Windowing } from './types.ts';

/** Puts steps on record for a DStream. Throws StreamjobError `bad-context` once the context was started. */
export interface Recorder {
  step(parent: Recorded, component: string, settings: unknown): DStream<never>;
  sink(parent: Recorded, component: string, settings: unknown, name: string | undefined): void;
  slice(stream: Recorded, from: number, to: number): Promise<unknown[][]>;
}

/**
 * A stream of batches of records. Every method but the last ones puts a step on record and gives the stream behind it;
 * nothing runs before `context.start()`. Functions travel to the workers as source text: what they use from outside goes
 * along as `scope`, and a function that uses anything else is refused (StreamjobError `captured-variable`).
 */
export class DStream<T> {
  readonly context: Recorder;
  readonly recorded: Recorded;

  /** Streams come from the methods of a context or of another stream. */
  constructor(context: Recorder, recorded: Recorded) {
    this.context = context;
    this.recorded = recorded;
  }

  /** The name of the stream in messages and metrics. */
  get name(): string {
    return this.recorded.origin.name;
  }

  /** Any step, by its name in a job file, with its settings. */
  step<U = unknown>(component: string, settings: unknown = {}): DStream<U> {
    return this.context.step(this.recorded, component, settings);
  }

  /**
   * What the stream gave in its batches from `from` to `to`, the oldest first: both are milliseconds since the epoch, rounded down to a
   * batch, and inclusive. The context must have been told to `remember`, and only what is remembered is given. Rejects with
   * StreamjobError `bad-context` before the start, and `not-supported` if the stream is not remembered.
   */
  slice(from: number, to: number): Promise<T[][]> {
    return this.context.slice(this.recorded, from, to) as Promise<T[][]>;
  }

  map<U extends AnyRecord>(f: (record: T) => U, scope?: Scope): DStream<U> {
    return this.step('map', new ScopedFunction(f, scope));
  }

  flatMap<U extends AnyRecord>(f: (record: T) => Iterable<U>, scope?: Scope): DStream<U> {
    return this.step('flatMap', new ScopedFunction(f, scope));
  }

  filter<U extends T>(f: (record: T) => record is U, scope?: Scope): DStream<U>;
  filter(f: (record: T) => unknown, scope?: Scope): DStream<T>;
  filter(f: (record: T) => unknown, scope?: Scope): DStream<T> {
    return this.step('filter', new ScopedFunction(f, scope));
  }

  /** `f` gets the list of all records of a partition, also an empty one. */
  mapPartitions<U extends AnyRecord>(f: (records: readonly T[]) => Iterable<U>, scope?: Scope): DStream<U> {
    return this.step('mapPartitions', new ScopedFunction(f, scope));
  }

  /** One list for each partition. */
  glom(): DStream<T[]> {
    return this.step('glom');
  }

  keyBy<K>(f: (record: T) => K, scope?: Scope): DStream<[K, T]> {
    return this.step('keyBy', new ScopedFunction(f, scope));
  }

  mapValues<K, V, U extends AnyRecord>(this: DStream<Pair<K, V>>, f: (value: V) => U, scope?: Scope): DStream<[K, U]> {
    return this.step('mapValues', new ScopedFunction(f, scope));
  }

  flatMapValues<K, V, U extends AnyRecord>(
    this: DStream<Pair<K, V>>,
    f: (value: V) => Iterable<U>,
    scope?: Scope,
  ): DStream<[K, U]> {
    return this.step('flatMapValues', new ScopedFunction(f, scope));
  }

  /** One number for each batch, also for an empty one. */
  count(): DStream<number> {
    return this.step('count');
  }

  countByValue(options: Partitioning = {}): DStream<[T, number]> {
    return this.step('countByValue', options);
  }

  /** One record for each batch that has any. */
  reduce(f: (a: T, b: T) => T, scope?: Scope): DStream<T> {
    return this.step('reduce', new ScopedFunction(f, scope));
  }

  groupByKey<K, V>(this: DStream<Pair<K, V>>, options: Partitioning = {}): DStream<[K, V[]]> {
    return this.step('groupByKey', options);
  }

  reduceByKey<K, V>(
    this: DStream<Pair<K, V>>,
    f: (a: V, b: V) => V,
    options: Partitioning & { readonly scope?: Scope } = {},
  ): DStream<[K, V]> {
    const { scope, ...settings } = options;
    return this.step('reduceByKey', { reduce: new ScopedFunction(f, scope), ...settings });
  }

  /** `mergeValue` and `mergeCombiners` may change the accumulator that they are given first. */
  combineByKey<K, V, C>(
    this: DStream<Pair<K, V>>,
    create: (value: V) => C,
    mergeValue: (accumulator: C, value: V) => C,
    mergeCombiners: (a: C, b: C) => C,
    options: Partitioning & { readonly scope?: Scope } = {},
  ): DStream<[K, C]> {
    const { scope, ...settings } = options;
    return this.step('combineByKey', {
      create: new ScopedFunction(create, scope),
      mergeValue: new ScopedFunction(mergeValue, scope),
      mergeCombiners: new ScopedFunction(mergeCombiners, scope),
      ...settings,
    });
  }

  distinct(options: Partitioning = {}): DStream<T> {
    return this.step('distinct', options);
  }

  /** Orders each batch; the result has one partition. */
  sortBy(
    by: (record: T) => unknown,
    { ascending = true, scope }: { readonly ascending?: boolean; readonly scope?: Scope } = {},
  ): DStream<T> {
    return this.step('sortBy', { by: new ScopedFunction(by, scope), ascending });
  }

  /** The `n` largest records of each batch, the largest first. */
  top(n: number, by?: (record: T) => unknown, scope?: Scope): DStream<T> {
    return this.step('top', { n, by: by && new ScopedFunction(by, scope) });
  }

  repartition(partitions: number): DStream<T> {
    return this.step('repartition', { partitions });
  }

  union<U>(other: DStream<U>): DStream<T | U> {
    return this.step('union', { with: other });
  }

  join<K, V, W>(
    this: DStream<Pair<K, V>>,
    other: DStream<Pair<K, W>>,
    options: Partitioning = {},
  ): DStream<[K, [V, W]]> {
    return this.step('join', { with: other, ...options });
  }

  leftOuterJoin<K, V, W>(
    this: DStream<Pair<K, V>>,
    other: DStream<Pair<K, W>>,
    options: Partitioning = {},
  ): DStream<[K, [V, W | null]]> {
    return this.step('leftOuterJoin', { with: other, ...options });
  }

  rightOuterJoin<K, V, W>(
    this: DStream<Pair<K, V>>,
    other: DStream<Pair<K, W>>,
    options: Partitioning = {},
  ): DStream<[K, [V | null, W]]> {
    return this.step('rightOuterJoin', { with: other, ...options });
  }

  fullOuterJoin<K, V, W>(
    this: DStream<Pair<K, V>>,
    other: DStream<Pair<K, W>>,
    options: Partitioning = {},
  ): DStream<[K, [V | null, W | null]]> {
    return this.step('fullOuterJoin', { with: other, ...options });
  }

  cogroup<K, V, W>(
    this: DStream<Pair<K, V>>,
    other: DStream<Pair<K, W>>,
    options: Partitioning = {},
  ): DStream<[K, [V[], W[]]]> {
    return this.step('cogroup', { with: other, ...options });
  }

  /** The records of all batches in the window, the oldest batch first. */
  window(length: Duration, slide?: Duration): DStream<T> {
    return this.step('window', { length, slide });
  }

  /** One number for each slide, from the first record ever on. */
  countByWindow(length: Duration, slide?: Duration): DStream<number> {
    return this.step('countByWindow', { length, slide });
  }

  /** One record for each window that has any. */
  reduceByWindow(f: (a: T, b: T) => T, window: Windowing, scope?: Scope): DStream<T> {
    return this.step('reduceByWindow', { reduce: new ScopedFunction(f, scope), ...window });
  }

  /** `filter` hides pairs. */
  reduceByKeyAndWindow<K, V>(
    this: DStream<Pair<K, V>>,
    f: (a: V, b: V) => V,
    options: Windowing & Partitioning & { readonly filter?: (pair: [K, V]) => unknown; readonly scope?: Scope },
  ): DStream<[K, V]> {
    const { scope, filter, ...settings } = options;
    return this.step('reduceByKeyAndWindow', {
      reduce: new ScopedFunction(f, scope),
      filter: filter && new ScopedFunction(filter, scope),
      ...settings,
    });
  }

  groupByKeyAndWindow<K, V>(this: DStream<Pair<K, V>>, options: Windowing & Partitioning): DStream<[K, V[]]> {
    return this.step('groupByKeyAndWindow', options);
  }

  countByValueAndWindow(options: Windowing & Partitioning): DStream<[T, number]> {
    return this.step('countByValueAndWindow', options);
  }

  /** `f` is called for every key in every batch; null or undefined drops the key. `time` in milliseconds. */
  updateStateByKey<K, V, S>(
    this: DStream<Pair<K, V>>,
    f: (values: readonly V[], state: S | undefined, key: K, time: number) => S | null | undefined,
    options: StateOptions<K, S> = {},
  ): DStream<[K, S]> {
    const { scope, ...settings } = options;
    return this.step('updateStateByKey', { update: new ScopedFunction(f, scope), ...settings });
  }

  /** `f` is called for every record, and once more for a key that times out, then with null. undefined gives nothing. */
  mapWithState<K, V, S, U extends AnyRecord>(
    this: DStream<Pair<K, V>>,
    f: (key: K, value: V | null, state: State<S>, time: number) => U | undefined,
    options: StateOptions<K, S> & { readonly timeout?: Duration } = {},
  ): DStream<Exclude<U, undefined>> {
    const { scope, ...settings } = options;
    return this.step('mapWithState', { update: new ScopedFunction(f, scope), ...settings });
  }

  /** The pairs [key, state] of all keys of such a `mapWithState`, after each batch. */
  mapWithStateSnapshots<K, V, S>(
    this: DStream<Pair<K, V>>,
    f: (key: K, value: V | null, state: State<S>, time: number) => unknown,
    options: StateOptions<K, S> & { readonly timeout?: Duration } = {},
  ): DStream<[K, S]> {
    const { scope, ...settings } = options;
    return this.step('mapWithState', { update: new ScopedFunction(f, scope), emit: 'snapshot', ...settings });
  }

  /**
   * Gives the RDD that `f` makes of each batch's. It is called on the driver, runs nothing itself, and may use nothing from outside
   * but its `scope`.
   */
  transform<U>(f: (rdd: RDD<T>, time: number, context: RddContext) => RDD<U>, scope?: Scope): DStream<U> {
    return this.step('transform', { transform: new ScopedFunction(f, scope) });
  }

  /** As `transform`, with the RDDs of two streams. */
  transformWith<V, U>(
    other: DStream<V>,
    f: (rdd: RDD<T>, other: RDD<V>, time: number, context: RddContext) => RDD<U>,
    scope?: Scope,
  ): DStream<U> {
    return this.step('transformWith', { with: other, transform: new ScopedFunction(f, scope) });
  }

  /** Changes nothing: each step runs once per batch however many consumers it has. */
  cache(): DStream<T> {
    return this.step('cache');
  }

  /** As `cache`. */
  persist(): DStream<T> {
    return this.step('persist');
  }

  /** Any sink, by its name in a job file, with its settings. `name` is what messages and metrics call it. */
  sink(component: string, settings: unknown = {}, name?: string): void {
    this.context.sink(this.recorded, component, settings, name);
  }

  /**
   * Calls `f` with the RDD of each batch, an empty one too, at least once for each. It is called on the driver, may be async, is
   * waited for, and may use nothing from outside but its `scope`.
   */
  foreachRDD(f: (rdd: RDD<T>, time: number, context: RddContext) => unknown, scope?: Scope): void {
    this.sink('foreachRDD', { fn: new ScopedFunction(f, scope, { async: true }) });
  }

  /** Prints the first `limit` records of each batch on standard output. */
  print(limit = 10): void {
    this.sink('print', { limit });
  }

  /** Writes each batch to a file `PREFIX-<batch ms>.SUFFIX`; the prefix may begin with directories. */
  saveAsTextFiles(prefix: string, suffix = ''): void {
    const suffixed = suffix === '' ? {} : { suffix };
    this.sink('files', { path: dirname(prefix), prefix: basename(prefix), ...suffixed, format: 'text' });
  }
}
