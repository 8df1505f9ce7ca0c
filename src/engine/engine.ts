import type { BatchPlan } from '../component/rdds.ts';
import type { CommitMessage } from '../component/sink.ts';
import type { Partition } from '../component/source.ts';
import type { NodeId, Plan } from '../plan/plan.ts';
import type { StoredBlock } from './blockFile.ts';
import type { KeptPiece, KeptState } from './keptPiece.ts';
import type { StageFigures } from './stageFigures.ts';

/**
 * What runs batches. Everything that is not computing (time, planning, commit, restart, stop) is in `run/` and the same
 * for every engine. An engine neither keeps time nor makes anything visible outside.
 */
export interface Engine {
  /** Default number of partitions of a keyed step. */
  readonly parallelism: number;

  /** True if it can run no batch any more. */
  readonly broken?: boolean;

  /** Makes ready to run batches of this plan. Rejects with the user's error if a function or module does not load. */
  open(job: EngineJob): Promise<void>;

  /** Starts the receivers of the plan. What comes is announced through `events.block`. */
  receive(): Promise<void>;

  /**
   * From now on the receiver of this source takes about so many bytes a second, and pauses beyond that; undefined: as much
   * as memory allows. An engine without it cannot slow receivers down.
   */
  limit?(source: NodeId, bytesPerSecond: number | undefined): void;

  /** Stops the receivers. When it resolves, every block has been announced. */
  stopReceiving(): Promise<void>;

  /**
   * Runs one batch and puts its output aside. Rejects with the first error; then nothing of it remains and the same batch
   * may be run again. Batches are run one at a time, in growing order of time.
   */
  runBatch(batch: Batch): Promise<BatchResult>;

  /**
   * Runs a plan of its own while the batch of this time is committed, and gives what its sinks put aside; nothing of it is kept.
   * For actions on RDDs; an engine without it has none.
   */
  runAside?(plan: BatchPlan, time: number): Promise<BatchResult>;

  /**
   * What a remembered window holds of the batches that are done, with times from `from` to `to`, the oldest first. An engine without
   * it remembers nothing.
   */
  remembered?(window: NodeId, from: number, to: number): readonly Remembered[];

  /**
   * The batch is over: its blocks and results can go. If it is `done`, what it changed in windows and states stays; if it was
   * given up, that is taken back before the next batch.
   */
  forget(time: number, done: boolean): void;

  close(): Promise<void>;
}

export interface EngineJob {
  readonly plan: Plan;
  /** Config of each source and sink with `${NAME}` resolved and settings in their final types; never recorded. */
  readonly configs: ReadonlyMap<NodeId, unknown>;
  readonly events: EngineEvents;
  /**
   * A directory where received data is kept, so that it outlives the process: a block is announced when it is safe there
   * (`blockFile.ts`). Absent: it is only in memory.
   */
  readonly blocks?: string;
  /**
   * Where what windows and states keep outlives the process, and a thread that dies. Absent: it is only in memory.
   */
  readonly state?: KeptState;
  /** For `streamjob test`: values handed to functions are frozen, and every result is checked to be a value. */
  readonly strict?: boolean;
}

export interface EngineEvents {
  /** A block of received data is there, to be given to some batch as `{ block: id }`. */
  block(source: NodeId, block: ReceivedBlock): void;
  /** `error` comes with `failed`: it ends the job. */
  receiver(source: NodeId, state: ReceiverState, message: string, error?: unknown): void;
  /** Told when tasks of a sink begin to wait for its other side, and why; and when what they send is taken again. */
  sink?(sink: NodeId, state: 'waiting' | 'active', message: string): void;
  log(level: 'debug' | 'info' | 'warn', message: string): void;
  /** A stage of a batch is over, whether it succeeded or not; told again if the batch is run again. */
  stage?(batchTime: number, figures: StageFigures): void;
}

export interface ReceivedBlock {
  /** Its number in the engine's memory; absent for a block of an earlier run. */
  readonly id?: number;
  readonly bytes: number;
  /** Where it lies in the directory for blocks. */
  readonly stored?: StoredBlock;
}

/** `ended`: there will never be more. `failed`: the job cannot go on. */
export type ReceiverState = 'waiting' | 'active' | 'idle' | 'ended' | 'failed';

/** The partitions of each source node that has input. */
export type BatchInputs = ReadonlyMap<NodeId, readonly Partition[]>;

/** What a batch is, decided before it runs and the same at every attempt. */
export interface Batch {
  /** Milliseconds since the epoch; the end of the interval, and the batch's name. */
  readonly time: number;
  /** One interval before the job's first batch ever: slides are counted from it. */
  readonly zeroTime: number;
  /** A split of received data is `{ block: id }`, a stored block, or both. */
  readonly inputs: BatchInputs;
  /** An earlier run had planned it, and may have made some of it visible. */
  readonly again?: boolean;
  /**
   * In a job with transforms: what stands for them in this batch, to be run in place of the job's plan. Its inputs are among
   * `inputs`. It is made when the batch is run, and not journaled.
   */
  readonly expanded?: BatchPlan;
}

/** What a stream gave in a batch: for each partition whole records in the wire format. */
export interface Remembered {
  readonly batchTime: number;
  readonly partitions: readonly Uint8Array[];
}

/** How much a window or state holds. */
export interface Held {
  /** Of the records of a window, in memory; of anything else, on the disk. */
  readonly bytes: number;
  /** How many batches the records of a window are of. */
  readonly batches?: number;
}

export interface BatchResult {
  /** Per sink node that is due, what its writers put aside, in the order of partitions. */
  readonly sinks: ReadonlyMap<NodeId, readonly CommitMessage[]>;
  /** Records that each source gave. */
  readonly recordsIn: ReadonlyMap<NodeId, number>;
  readonly tasks: number;
  /** By node: what windows and states hold after the batch, as far as that is known. */
  readonly held?: ReadonlyMap<NodeId, Held>;
  /** With `EngineJob.state`: what the batch has changed in windows and states, synced. It counts once the batch is done. */
  readonly kept?: readonly KeptPiece[];
}
