import type { Memory } from '../component/source.ts';
import type { Batch, ReceivedBlock } from '../engine/engine.ts';
import type { KeptPiece, KeptState } from '../engine/keptPiece.ts';
import type { NodeId, Plan } from '../plan/plan.ts';

/**
 * What survives of a run. The in-memory form forgets at exit; the durable one gives the same answers after a crash.
 * Calls come one at a time, in the order planned(t) … done(t) for growing t; several batches may be planned and not done.
 */
export interface Journal {
  /** What an earlier run of the same job left. Throws StreamjobError if it is of another, or held by another process. */
  open(plan: Plan): Promise<Recovered>;
  /**
   * Resolves when the batch's input, and what its sources remember, is safely written down; nothing of it is visible before. That a batch
   * without input was planned is safe at the latest when `check` resolves.
   */
  planned(batch: Batch, memory: SourceMemory): Promise<void>;
  /**
   * Resolves when it is written down that all sinks have committed the batch, or that it has failed and is left out: it will
   * not be run again, whatever becomes of the process. Against the loss of power that is safe once `synced` has resolved, or the next batch is planned.
   * What it has `kept` in windows and states counts from now on.
   */
  done(time: number, succeeded?: boolean, kept?: readonly KeptPiece[]): Promise<void>;
  synced(): Promise<void>;
  /**
   * Asked before the sinks commit a batch, and before it runs if its tasks send to outside: throws StreamjobError `checkpoint-locked` if another process has taken over. If the commit `shows`
   * nothing, the plan of a batch without input may still be unsafe when it resolves.
   */
  check(shows: boolean): Promise<void>;
  close(): Promise<void>;
}

/** Per source, what it remembers, or changes of it. */
export type SourceMemory = ReadonlyMap<NodeId, Memory>;

export interface Recovered {
  /** The time from which slides are counted: one interval before the job's first batch ever. Absent: never run. */
  readonly zeroTime?: number;
  /** The newest batch that was planned. */
  readonly lastTime?: number;
  /** Batches that were planned and not done, oldest first: they are run before anything else. */
  readonly unfinished: readonly Batch[];
  /** What the sources had remembered. */
  readonly memory: SourceMemory;
  /** Received data that is in no batch yet, in the order in which it came. */
  readonly blocks: ReadonlyMap<NodeId, readonly ReceivedBlock[]>;
  /** The sinks that the run before had with the same settings: they may have committed the unfinished batches. */
  readonly sinks: ReadonlySet<NodeId>;
  /** Where the engine is to keep received data. */
  readonly blocksDirectory?: string;
  /** Where the engine is to keep what windows and states hold. */
  readonly state?: KeptState;
}
