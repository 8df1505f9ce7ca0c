import type { Recorded } from './graph.ts';
import type { AnyRecord, JsonScope, Pair, Partitioning } from './types.ts';

/** Puts the steps of RDDs on record, and runs actions where they are allowed. */
export interface RddRecorder {
  step(parent: RDD<never>, component: string, settings: unknown): RDD<never>;
  /** A function as a setting. Throws StreamjobError `captured-variable`. */
  fn(f: (...args: never[]) => unknown, scope: JsonScope | undefined): unknown;
  /** All records, in the order of partitions. Throws StreamjobError `bad-transform` within a transform. */
  collect(rdd: RDD<never>, action: string, limit?: number): Promise<unknown[]>;
  /** Writes the records to a directory. Throws StreamjobError `bad-transform` within a transform. */
  saveAsText(rdd: RDD<never>, path: string): Promise<void>;
}

/**
 * The records of one batch, as functions of `transform` and `foreachRDD` get them. Methods that give an RDD only put a step on
 * record, and mean what the step of a job file means; functions given to them travel to the workers as source text, with
 * what they use from outside as `scope`. Those that give a promise are actions: they run what was recorded, and belong to
 * `foreachRDD`.
 */
export class RDD<T> {
  readonly recorder: RddRecorder;
  readonly recorded: Recorded;

  /** RDDs come from the parameters of a function, from its context, or from another RDD. */
  constructor(recorder: RddRecorder, recorded: Recorded) {
    this.recorder = recorder;
    this.recorded = recorded;
  }

  /** A step without windows or state, by its name in a job file, with its settings. */
  step<U = unknown>(component: string, settings: unknown = {}): RDD<U> {
    return this.recorder.step(this as never, component, settings);
  }

  map<U extends AnyRecord>(f: (record: T) => U, scope?: JsonScope): RDD<U> {
    return this.step('map', { fn: this.recorder.fn(f, scope) });
  }

  flatMap<U extends AnyRecord>(f: (record: T) => Iterable<U>, scope?: JsonScope): RDD<U> {
    return this.step('flatMap', { fn: this.recorder.fn(f, scope) });
  }

  filter(f: (record: T) => unknown, scope?: JsonScope): RDD<T> {
    return this.step('filter', { fn: this.recorder.fn(f, scope) });
  }

  /** `f` gets the list of all records of a partition, also an empty one. */
  mapPartitions<U extends AnyRecord>(f: (records: readonly T[]) => Iterable<U>, scope?: JsonScope): RDD<U> {
    return this.step('mapPartitions', { fn: this.recorder.fn(f, scope) });
  }

  /** One list for each partition. */
  glom(): RDD<T[]> {
    return this.step('glom');
  }

  keyBy<K>(f: (record: T) => K, scope?: JsonScope): RDD<[K, T]> {
    return this.step('keyBy', { fn: this.recorder.fn(f, scope) });
  }

  keys<K, V>(this: RDD<Pair<K, V>>): RDD<K> {
    return this.map(([key]) => key as K & AnyRecord);
  }

  values<K, V>(this: RDD<Pair<K, V>>): RDD<V> {
    return this.map(([, value]) => value as V & AnyRecord);
  }

  mapValues<K, V, U extends AnyRecord>(this: RDD<Pair<K, V>>, f: (value: V) => U, scope?: JsonScope): RDD<[K, U]> {
    return this.step('mapValues', { fn: this.recorder.fn(f, scope) });
  }

  flatMapValues<K, V, U extends AnyRecord>(
    this: RDD<Pair<K, V>>,
    f: (value: V) => Iterable<U>,
    scope?: JsonScope,
  ): RDD<[K, U]> {
    return this.step('flatMapValues', { fn: this.recorder.fn(f, scope) });
  }

  groupByKey<K, V>(this: RDD<Pair<K, V>>, options: Partitioning = {}): RDD<[K, V[]]> {
    return this.step('groupByKey', options);
  }

  reduceByKey<K, V>(
    this: RDD<Pair<K, V>>,
    f: (a: V, b: V) => V,
    { scope, ...settings }: Partitioning & { readonly scope?: JsonScope } = {},
  ): RDD<[K, V]> {
    return this.step('reduceByKey', { reduce: this.recorder.fn(f, scope), ...settings });
  }

  /** `mergeValue` and `mergeCombiners` may change the accumulator that they are given first. */
  combineByKey<K, V, C>(
    this: RDD<Pair<K, V>>,
    create: (value: V) => C,
    mergeValue: (accumulator: C, value: V) => C,
    mergeCombiners: (a: C, b: C) => C,
    { scope, ...settings }: Partitioning & { readonly scope?: JsonScope } = {},
  ): RDD<[K, C]> {
    return this.step('combineByKey', {
      create: this.recorder.fn(create, scope),
      mergeValue: this.recorder.fn(mergeValue, scope),
      mergeCombiners: this.recorder.fn(mergeCombiners, scope),
      ...settings,
    });
  }

  distinct(options: Partitioning = {}): RDD<T> {
    return this.step('distinct', options);
  }

  /** Orders the records; the result has one partition. */
  sortBy(
    by: (record: T) => unknown,
    { ascending = true, scope }: { readonly ascending?: boolean; readonly scope?: JsonScope } = {},
  ): RDD<T> {
    return this.step('sortBy', { by: this.recorder.fn(by, scope), ascending });
  }

  sortByKey<K, V>(this: RDD<Pair<K, V>>, ascending = true): RDD<Pair<K, V>> {
    return this.sortBy(([key]) => key, { ascending });
  }

  repartition(partitions: number): RDD<T> {
    return this.step('repartition', { partitions });
  }

  union<U>(other: RDD<U>): RDD<T | U> {
    return this.step('union', { with: other });
  }

  join<K, V, W>(this: RDD<Pair<K, V>>, other: RDD<Pair<K, W>>, options: Partitioning = {}): RDD<[K, [V, W]]> {
    return this.step('join', { with: other, ...options });
  }

  leftOuterJoin<K, V, W>(
    this: RDD<Pair<K, V>>,
    other: RDD<Pair<K, W>>,
    options: Partitioning = {},
  ): RDD<[K, [V, W | null]]> {
    return this.step('leftOuterJoin', { with: other, ...options });
  }

  rightOuterJoin<K, V, W>(
    this: RDD<Pair<K, V>>,
    other: RDD<Pair<K, W>>,
    options: Partitioning = {},
  ): RDD<[K, [V | null, W]]> {
    return this.step('rightOuterJoin', { with: other, ...options });
  }

  fullOuterJoin<K, V, W>(
    this: RDD<Pair<K, V>>,
    other: RDD<Pair<K, W>>,
    options: Partitioning = {},
  ): RDD<[K, [V | null, W | null]]> {
    return this.step('fullOuterJoin', { with: other, ...options });
  }

  cogroup<K, V, W>(this: RDD<Pair<K, V>>, other: RDD<Pair<K, W>>, options: Partitioning = {}): RDD<[K, [V[], W[]]]> {
    return this.step('cogroup', { with: other, ...options });
  }

  /** The pairs whose key the other RDD does not have. */
  subtractByKey<K, V>(this: RDD<Pair<K, V>>, other: RDD<Pair<K, unknown>>, options: Partitioning = {}): RDD<[K, V]> {
    return this.cogroup(other, options).flatMapValues(([values, others]) =>
      others.length === 0 ? (values as (V & AnyRecord)[]) : [],
    ) as RDD<[K, V]>;
  }

  /** Changes nothing: each step runs once per batch however many consumers it has. */
  cache(): RDD<T> {
    return this;
  }

  /** As `cache`. */
  persist(): RDD<T> {
    return this;
  }

  /** Action: all records, in the order of partitions. */
  collect(): Promise<T[]> {
    return this.#collect('collect');
  }

  /** Action: the first `n` records, in the order of partitions. */
  take(n: number): Promise<T[]> {
    return this.#collect('take', n);
  }

  /** Action: the first record. Rejects if there is none. */
  first(): Promise<T> {
    return this.#collect('first', 1).then((records) => only(records, 'first'));
  }

  /** Action: how many records there are. */
  count(): Promise<number> {
    const count = this.step<number>('count').#collect('count');
    return count.then((counts) => only(counts, 'count'));
  }

  /** Action: true if there is no record. */
  isEmpty(): Promise<boolean> {
    return this.#collect('isEmpty', 1).then(({ length }) => length === 0);
  }

  /** Action: all records merged into one. Rejects if there is none. */
  reduce(f: (a: T, b: T) => T, scope?: JsonScope): Promise<T> {
    const reduced = this.step<T>('reduce', { reduce: this.recorder.fn(f, scope) }).#collect('reduce');
    return reduced.then((records) => only(records, 'reduce'));
  }

  /** Action: the `n` largest records, the largest first. */
  top(n: number, by?: (record: T) => unknown, scope?: JsonScope): Promise<T[]> {
    return this.step<T>('top', { n, ...(by && { by: this.recorder.fn(by, scope) }) }).#collect('top');
  }

  /** Action: how often each record comes. */
  countByValue(): Promise<[T, number][]> {
    return this.step<[T, number]>('countByValue').#collect('countByValue');
  }

  /** Action: calls `f`, on the driver, with each record. */
  forEach(f: (record: T) => unknown): Promise<void> {
    return this.#collect('forEach').then((records) => {
      for (const record of records) f(record);
    });
  }

  /**
   * Action: writes a directory, relative to the job file, with a file for each partition, as Spark does; a string is a line, anything
   * else JSON. Rejects with StreamjobError `output-exists` if something of this name is there.
   */
  saveAsTextFile(path: string): Promise<void> {
    return this.recorder.saveAsText(this as never, path);
  }

  #collect(action: string, limit?: number): Promise<T[]> {
    return this.recorder.collect(this as never, action, limit) as Promise<T[]>;
  }
}

function only<T>(records: readonly T[], action: string): T {
  if (records.length === 0) throw new RangeError(`${action}() of an RDD without records`);
  return records[0]!;
}
