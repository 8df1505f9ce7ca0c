import type { CommitMessage } from '../../component/sink.ts';
import type { Split } from '../../component/source.ts';
import type { StoredBlock } from '../../engine/blockFile.ts';
import type { ReceiverState } from '../../engine/engine.ts';
import type { KeptPiece, KeptState } from '../../engine/keptPiece.ts';
import type { FunctionReference } from '../../function/reference.ts';
import type { NodeId, Plan } from '../../plan/plan.ts';
import type { WireError } from './errors.ts';
import type { Extents } from './extents.ts';

/** What a thread is started with. */
export interface WorkerData {
  readonly role: 'tasks' | 'receivers';
  /** Owner number for slabs, never used again in this process. */
  readonly owner: number;
  readonly pool: SharedArrayBuffer;
  /** Eight bytes: how many records the running task has read, and a number that grows while its sinks wait for others. */
  readonly progress: SharedArrayBuffer;
  /** Bytes of JavaScript memory beyond which a task fails. */
  readonly workerHeap: number;
}

/** What the driver says to a thread. */
export type ToWorker =
  | OpenMessage
  | PlanMessage
  | ForgetPlan
  | TaskMessage
  | SaveMessage
  | { readonly type: 'receive' }
  | { readonly type: 'stopReceiving' }
  /** What a receiver may take from now on; undefined: as much as memory allows. */
  | { readonly type: 'limit'; readonly source: NodeId; readonly bytesPerSecond: number | undefined }
  /** Slabs have been released: paused receivers may go on. */
  | { readonly type: 'freed' };

export interface OpenMessage {
  readonly type: 'open';
  readonly plan: Plan;
  readonly configs: ReadonlyMap<NodeId, unknown>;
  readonly strict: boolean;
  readonly blockInterval: number;
  /** Where received data is kept. */
  readonly blocks?: string;
  /** Where windows and states are kept. */
  readonly state?: Pick<KeptState, 'directory' | 'run'>;
}

/** A plan that stands for the job's own in some batches. */
export interface PlanMessage {
  readonly type: 'plan';
  readonly id: number;
  readonly plan: Plan;
  /** Of the sources and sinks that the job's plan does not have. */
  readonly configs: ReadonlyMap<NodeId, unknown>;
  /** The first so many nodes are those of the job's plan, or stand in their place: they share what the thread has of those. */
  readonly shared: number;
}

export interface ForgetPlan {
  readonly type: 'forgetPlan';
  readonly id: number;
}

/** Which plan a task is of, and what the scopes of its functions hold in this batch, in the order of plan/references.ts. */
export interface Variant {
  readonly id: number;
  readonly scopes: readonly NonNullable<FunctionReference['scope']>[];
}

/** Run one partition of a stage. */
export interface TaskMessage {
  readonly type: 'task';
  readonly id: number;
  /** Absent for the plan of the job itself. */
  readonly variant?: Variant;
  readonly stage: number;
  /** Batch time. */
  readonly time: number;
  readonly attempt: string;
  /** When the run of the job was started, in milliseconds. */
  readonly run: number;
  readonly again: boolean;
  /** For a stage that begins at a source: what to read. */
  readonly splits: readonly TaskSplit[];
  /** For a stage behind a shuffle: per input, the buckets of this partition in the order of the map tasks. */
  readonly buckets: readonly (readonly Extents[])[];
  readonly leaves: readonly LeafTask[];
  /** The partition of the stage, out of how many. */
  readonly partition: number;
  readonly partitions: number;
  /** For a stage whose root keeps something from batch to batch. */
  readonly keeps?: Keeping;
  /** False if a window only takes its batch in: the stage does not run, and there are no leaves. */
  readonly emits: boolean;
}

/** How a task finds what the root of its stage keeps. */
export interface Keeping {
  /** What is kept holds for the batch of this time; what is newer is taken back. */
  readonly standing: number;
  /** Some batch has been run, so the thread must have something. */
  readonly lived: boolean;
  /** What the thread is to read if it has nothing: all pieces that may have keys of the partition, the oldest first. */
  readonly pieces?: readonly KeptPiece[];
}

/** Write down what the tasks of this batch have changed in the windows and states of the thread. */
export interface SaveMessage {
  readonly type: 'save';
  readonly time: number;
}

/** Something that the source's reader reads, a block in the pool, or one of an earlier run on the disk. */
export type TaskSplit =
  | { readonly split: Split }
  | { readonly block: Block }
  | { readonly stored: StoredBlock; readonly root: string };

/** Received data: whole records, and what could not be framed. */
export interface Block {
  readonly extents: Extents;
  readonly bad: readonly BadRecord[];
  /** The connection that it came over, or a few of them. */
  readonly from?: string;
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
  | Saved
  | { readonly type: 'failedToSave'; readonly error: WireError }
  /** The slabs are retained once for the block. */
  | {
      readonly type: 'block';
      readonly source: NodeId;
      readonly block: Block;
      readonly slabs: readonly number[];
      /** Where it is kept. */
      readonly stored?: StoredBlock;
    }
  | {
      readonly type: 'receiver';
      readonly source: NodeId;
      readonly state: ReceiverState;
      readonly message: string;
      readonly error?: WireError;
    }
  | { readonly type: 'stoppedReceiving' }
  | SinkWaits
  | { readonly type: 'log'; readonly level: 'debug' | 'info' | 'warn'; readonly message: string };

/** A task of a sink waits for the other side, or does no longer. */
export interface SinkWaits {
  readonly type: 'sinkWaits';
  readonly sink: NodeId;
  readonly attempt: string;
  readonly why?: string;
}

export interface TaskDone {
  readonly type: 'taskDone';
  readonly id: number;
  /** The thread, as owner of slabs. */
  readonly owner: number;
  readonly recordsIn: number;
  readonly leaves: readonly LeafResult[];
  /** What went into each of them. */
  readonly recordsOut: readonly number[];
  /** How many keys the state or window of the stage's root holds in this partition. */
  readonly keys?: number;
  /** Slabs that the buckets lie in, each to be released once. */
  readonly slabs: readonly number[];
}

export interface Saved {
  readonly type: 'saved';
  /** They are synced. */
  readonly pieces: readonly KeptPiece[];
}

/** A shuffle's buckets, one for each target partition; or what a sink's writer put aside. */
export type LeafResult = { readonly buckets: readonly Extents[] } | { readonly message: CommitMessage };
