import type { CommitMessage } from '../../component/sink.ts';
import type { Split } from '../../component/source.ts';
import type { ReceiverState } from '../../engine/engine.ts';
import type { NodeId, Plan } from '../../plan/plan.ts';
import type { WireError } from './errors.ts';
import type { Extents } from './extents.ts';

/** What a thread is started with. */
export interface WorkerData {
  readonly role: 'tasks' | 'receivers';
  /** Owner number for slabs, never used again in this process. */
  readonly owner: number;
  readonly pool: SharedArrayBuffer;
  /** Four bytes: how many records the running task has read. */
  readonly progress: SharedArrayBuffer;
  /** Bytes of JavaScript memory beyond which a task fails. */
  readonly workerHeap: number;
}

/** What the driver says to a thread. */
export type ToWorker =
  | OpenMessage
  | TaskMessage
  | { readonly type: 'receive' }
  | { readonly type: 'stopReceiving' }
  /** Slabs have been released: paused receivers may go on. */
  | { readonly type: 'freed' };

export interface OpenMessage {
  readonly type: 'open';
  readonly plan: Plan;
  readonly configs: ReadonlyMap<NodeId, unknown>;
  readonly strict: boolean;
  readonly blockInterval: number;
}

/** Run one partition of a stage. */
export interface TaskMessage {
  readonly type: 'task';
  readonly id: number;
  readonly stage: number;
  /** Batch time. */
  readonly time: number;
  readonly attempt: string;
  /** For a stage that begins at a source: what to read. */
  readonly splits: readonly TaskSplit[];
  /** For a stage behind a shuffle: per input, the buckets of this partition in the order of the map tasks. */
  readonly buckets: readonly (readonly Extents[])[];
  readonly leaves: readonly LeafTask[];
}

/** Something that the source's reader reads, or a block in the pool. */
export type TaskSplit = { readonly split: Split } | { readonly block: Block };

/** Received data: whole records, and what could not be framed. */
export interface Block {
  readonly extents: Extents;
  readonly bad: readonly BadRecord[];
}

export interface BadRecord {
  readonly record: unknown;
  readonly error: WireError;
}

export interface LeafTask {
  /** The number of this task's partition at the leaf. */
  readonly partition: number;
  /** Into how many partitions a shuffle goes; 0 for a sink. */
  readonly targets: number;
}

/** What a thread says to the driver. */
export type FromWorker =
  | { readonly type: 'ready' }
  | { readonly type: 'failedToOpen'; readonly error: WireError }
  | TaskDone
  | { readonly type: 'taskFailed'; readonly id: number; readonly error: WireError }
  /** The slabs are retained once for the block. */
  | { readonly type: 'block'; readonly source: NodeId; readonly block: Block; readonly slabs: readonly number[] }
  | {
      readonly type: 'receiver';
      readonly source: NodeId;
      readonly state: ReceiverState;
      readonly message: string;
      readonly error?: WireError;
    }
  | { readonly type: 'stoppedReceiving' }
  | { readonly type: 'log'; readonly level: 'debug' | 'info' | 'warn'; readonly message: string };

export interface TaskDone {
  readonly type: 'taskDone';
  readonly id: number;
  readonly recordsIn: number;
  readonly leaves: readonly LeafResult[];
  /** Slabs that the buckets lie in, each to be released once. */
  readonly slabs: readonly number[];
}

/** A shuffle's buckets, one for each target partition; or what a sink's writer put aside. */
export type LeafResult = { readonly buckets: readonly Extents[] } | { readonly message: CommitMessage };
