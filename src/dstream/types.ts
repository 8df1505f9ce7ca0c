import type { JsonValue } from '../base/json.ts';

/** What keyed steps work on: a key and a value. */
export type Pair<K, V> = readonly [K, V];

/** What a function may give as a record. The tuple among it makes `[word, 1]` a pair instead of a list. */
export type AnyRecord = NonNullable<unknown> | null | undefined | [unknown, unknown];

/** Values for the names that a function uses from outside: its fields, JSON or tables, become names inside the function. */
export type Scope = { readonly [name: string]: JsonValue | Table };

/** As `Scope`, without tables. */
export type JsonScope = { readonly [name: string]: JsonValue };

/** A read-only Map inside the functions that have it in their scope; it must stand there by its own name. */
export type Table<K = unknown, V = unknown> = ReadonlyMap<K, V>;

/** A file whose records functions find by a field of them: JSON, or what `format` says. */
export interface TableFile {
  readonly file: string;
  readonly key: string;
  readonly format?: FormatName;
}

/** Key steps: how many partitions their result has. Default: the engine's parallelism. */
export interface Partitioning {
  readonly partitions?: number;
}

/** Milliseconds, or a text such as `10m`. */
export type Duration = number | string;

/** A window over the batches in (t - length, t], at every slide. Default of `slide`: that of the stream itself. */
export interface Windowing {
  readonly length: Duration;
  readonly slide?: Duration;
}

/** The state of a key, as in Spark. */
export interface State<S> {
  exists(): boolean;
  /** Throws if there is none. */
  get(): S;
  getOption(): S | undefined;
  update(state: NonNullable<S>): void;
  remove(): void;
  isTimingOut(): boolean;
}

/** A format by its name, or with its settings: `{ csv: { header: false } }`. */
export type FormatName = string | { readonly [name: string]: JsonScope };

export interface StateOptions<K, S> extends Partitioning {
  /** Pairs that are there before the first batch, or a file of them: JSON, or what `format` says. */
  readonly initial?: readonly Pair<K, S>[] | { readonly file: string; readonly format?: FormatName };
  /** Names the state in place of its stream. */
  readonly id?: string;
  readonly scope?: Scope;
}
