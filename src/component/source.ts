import { StreamjobError } from '../base/errors.ts';
import type { JsonValue } from '../base/json.ts';
import type { CompiledFunction } from '../function/compile.ts';
import type { FunctionReference } from '../function/reference.ts';
import type { ConfigProblem } from './checkContext.ts';
import type { LoadFormat, OnBadRecord } from './format.ts';
import type { Setting, Static } from './settings.ts';

/**
 * A source has one of two shapes. A *planned* one (files, queue) lists at each tick what the batch is to read, as splits
 * that tasks read for themselves: a `driver` part and a `worker` part. A *received* one (socket, stdin) is sent bytes,
 * which a `receiver` part takes in an I/O worker and the engine keeps as blocks until a batch has used them; one whose
 * settings have no `format` gives records in place of bytes.
 */
export interface SourceDefinition<S extends Setting = Setting> {
  readonly summary: string;
  readonly config: S;
  readonly short?: string;
  /** What is wrong with settings that are fine each for itself; variables are resolved. */
  check?(config: Static<S>): readonly ConfigProblem[];
  readonly examples: readonly { readonly title: string; readonly yaml: string }[];
  /** What `--once` means for it: it has an end or a "now", or it has none and is refused. */
  readonly once: 'drains' | 'refused';
  /** Ours alone; not in the job language. */
  readonly hidden?: boolean;
  driver?(config: Static<S>, context: SourceContext): SourceDriver;
  worker?(config: Static<S>, loadFormat: LoadFormat): SplitReader;
  receiver?(config: Static<S>, context: ReceiverContext): Receiver;
}

/** What a task is to read, as data: it is journaled before the batch runs, and a re-run reads exactly this. */
export type Split = { readonly [key: string]: JsonValue };

/** The splits that one task reads one after the other; its records are one partition. */
export type Partition = readonly Split[];

export interface SourceContext {
  /** The name of the job. */
  readonly job: string;
  /** The source's name in the job. */
  readonly name: string;
  /** How many partitions a full batch should have at least. */
  readonly parallelism: number;
  readonly once: boolean;
  readonly loadFormat: LoadFormat;
  log(level: 'debug' | 'info' | 'warn', message: string): void;
  /** Shown to the user beside the source, and may be said again and again: `waiting` for its other side, and why; or not. */
  state(state: 'waiting' | 'active', message: string): void;
}

/**
 * What a driver must know again after a restart: values by key. It is written down with the batch that was planned; in changes,
 * null takes a key away. A key that begins with `@<batch time>/` is forgotten if that batch fails and is left out.
 */
export type Memory = ReadonlyMap<string, JsonValue>;

/** What belongs to a batch. */
export interface PlannedInput {
  readonly partitions: readonly Partition[];
  /** There is nothing more. */
  readonly done: boolean;
  /** How much it is, if that is known: then the source can be slowed down. */
  readonly bytes?: number;
  /** Bytes that are there for later batches, if that is known: for a progress bar. */
  readonly left?: number;
  /** Changes of what is to be remembered. They are kept until there is a batch, if this one is left out for being empty. */
  readonly memory?: Memory;
}

/** Runs on the driver thread. It never touches records. */
export interface SourceDriver {
  /**
   * Called before `start` if there has been an earlier run: with all that it had remembered, and the batches that it
   * had planned and that will be run again.
   */
  restore?(memory: Memory, unfinished: ReadonlySet<number>): void;
  /** Called once before the first batch. Errors end the job. */
  start(): Promise<void>;
  /**
   * What belongs to the batch of this time; called with growing times, also for a batch that will have no other input.
   * `done: true` says that there is nothing more: with `--once`, and for a source that ends the job. `maxBytes` is about as
   * much as the job can take while it is late.
   */
  plan(time: number, maxBytes?: number): Promise<PlannedInput>;
  /**
   * The batch is done: what it read will not be asked for again, also after a crash once `synced` has resolved. Who is
   * to do what cannot be undone waits for that first.
   */
  committed?(time: number, synced: () => Promise<void>): Promise<void>;
  /** `plan` is not called any more, and if it is under way should soon come to its end; `committed` may still be called. */
  stop(): Promise<void>;
}

/** Runs in a task. */
export interface SplitReader {
  /** It decodes by itself, though there is a `format`: it hands out records only. */
  readonly givesRecords?: boolean;
  /**
   * Reads one split and hands out its content in order: whole records as bytes, or records. `bytes` are only valid during
   * the call and may be reused. Throws StreamjobError `input-changed` if the split is not what was planned.
   */
  read(split: Split, out: SplitOutput): void | Promise<void>;
}

export interface SplitOutput {
  /** What the following comes from, such as a path: errors name it. */
  input(name: string): void;
  bytes(bytes: Uint8Array, start: number, end: number): void;
  records(records: readonly unknown[]): void;
  /** A record that could not be framed, and is left out. */
  bad: OnBadRecord;
  log(level: 'debug' | 'info' | 'warn', message: string): void;
}

/** The error of a record that could not be decoded, with the file or connection that it comes from. */
export function ofInput(error: StreamjobError, input: string | undefined): StreamjobError {
  if (input === undefined) return error;
  const { code, message, at, remedy, record, cause } = error;
  return new StreamjobError(code, `${input}: ${message}`, { at, remedy, record, cause });
}

/** Runs in an I/O worker, one for all receivers of a job. */
export interface Receiver {
  /** Begins to receive; must not block. A rejection ends the job, unless the receiver handles what can heal itself. */
  start(): Promise<void>;
  /** Stops receiving. All channels are ended when it resolves. */
  stop(): Promise<void>;
}

export interface ReceiverContext {
  readonly name: string;
  /** A stream of bytes with its own framing: one per connection. */
  channel(label: string): ReceiverChannel;
  /**
   * Takes records of a source without a format; they are copied before it returns. Throws StreamjobError `not-a-value`; then
   * none of them was taken.
   */
  records(records: readonly unknown[]): void;
  /** True while memory is full. What is given nevertheless is kept. */
  readonly full: boolean;
  /** Resolves when memory is not full. */
  drained(): Promise<void>;
  /** Resolves when all that was given before is safe: in a block that has been handed over. */
  stored(): Promise<void>;
  /** The first of some whole records that the source's framing or format refuses: what is wrong with it. */
  firstError(bytes: Uint8Array): StreamjobError | undefined;
  /** The function of a setting, ready to be called. Rejects if the functions module cannot be loaded. */
  compile(reference: FunctionReference): Promise<CompiledFunction>;
  /** Shown to the user: connecting to…, connected, peer went away. */
  state(state: 'waiting' | 'active' | 'idle', message: string): void;
  /** There will never be more. The job ends when it was its source's word. */
  ended(): void;
  /** The receiver cannot go on; ends the job. */
  failed(error: unknown): void;
}

export interface ReceiverChannel {
  /**
   * Takes bytes; they are copied before it returns. False asks to pause until `drained()` resolves: memory is full.
   * Bytes given nevertheless are kept.
   */
  write(bytes: Uint8Array): boolean;
  drained(): Promise<void>;
  /** No more bytes: what is left without a delimiter is the last record. */
  end(): void;
}

export const defineSource = <const S extends Setting>(definition: SourceDefinition<S>): SourceDefinition<S> =>
  definition;
