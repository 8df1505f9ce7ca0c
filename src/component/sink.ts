import type { JsonValue } from '../base/json.ts';
import type { CompiledFunction } from '../function/compile.ts';
import type { FunctionReference } from '../function/reference.ts';
import type { ConfigProblem } from './checkContext.ts';
import type { RddConsumer } from './rdds.ts';
import type { Setting, Static } from './settings.ts';

/**
 * A sink writes in two steps, so that a batch becomes visible whole or not at all: each task's writer puts its partition
 * aside and returns a message; when all tasks are done, the driver part gets the messages and makes the batch visible.
 */
export interface SinkDefinition<S extends Setting = Setting> {
  readonly summary: string;
  readonly config: S;
  readonly short?: string;
  /** What is wrong with settings that are fine each for itself; variables are resolved. */
  check?(config: Static<S>): readonly ConfigProblem[];
  /** True if what it promises with these settings holds only across restarts that know what was done. */
  needsCheckpoint?(config: Static<S>): boolean;
  /**
   * True if a commit of such messages alone makes nothing visible, or only what may be shown once more with other records: that there was this
   * batch then need not be safe before. Absent: never.
   */
  isNothing?(config: Static<S>, message: CommitMessage): boolean;
  /** True if its writers already send to outside: then the plan of a batch is safe before its tasks run, also if it reads nothing. */
  readonly sendsInTasks?: boolean;
  readonly examples: readonly { readonly title: string; readonly yaml: string }[];
  /** Ours alone; not in the job language. */
  readonly hidden?: boolean;
  worker(config: Static<S>, task: SinkTask): SinkWriter;
  driver(config: Static<S>, context: SinkContext): SinkDriver;
}

/** Names a task's partition of a sink: the same at every attempt of the same batch. */
export interface SinkTask {
  /** Milliseconds, the end of the batch. */
  readonly time: number;
  readonly job: string;
  readonly sink: string;
  readonly partition: number;
  /** Differs at every attempt: for names of what is put aside. */
  readonly attempt: string;
  /** An earlier run had planned the batch, and may have made some of it visible. */
  readonly again: boolean;
  /** When this run of the job was started, in milliseconds: the same for all its tasks, and less than for runs that are started later. */
  readonly run: number;
  /** Tells the user, once, why it waits for the other side of the sink; without a reason, that it has stopped waiting. */
  waits(why?: string): void;
  /** The function of a setting, ready to be called. */
  compile(reference: FunctionReference): CompiledFunction;
}

/** Runs in a task. If the task fails, `abort` is called in place of `close`; it is not called if the thread died. */
export interface SinkWriter {
  write(record: unknown): void;
  /** Puts the rest aside, durably, and says what and where. */
  close(): CommitMessage | Promise<CommitMessage>;
  abort?(): void;
}

/** What a writer tells the driver part. Bytes are copied between threads. */
export type CommitMessage = { readonly [key: string]: JsonValue | Uint8Array | readonly (JsonValue | Uint8Array)[] };

export interface SinkContext {
  readonly sink: string;
  readonly job: string;
  log(level: 'debug' | 'info' | 'warn', message: string): void;
  /** The function of a setting, to be called on the driver with the RDD of each batch. */
  consumer(fn: FunctionReference): RddConsumer;
}

/** Runs on the driver thread. It never touches records. */
export interface SinkDriver {
  /** Called once before the first batch: checks what can be checked. */
  start?(): Promise<void>;
  /**
   * Makes a batch visible; messages in the order of partitions. Called in the order of batches, at least once each. `again`: an
   * earlier run had planned this batch for this sink, and may have made it visible.
   */
  commit(time: number, messages: readonly CommitMessage[], again?: boolean): Promise<void>;
  stop?(): Promise<void>;
}

export const defineSink = <const S extends Setting>(definition: SinkDefinition<S>): SinkDefinition<S> => definition;
