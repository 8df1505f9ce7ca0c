import type { Batch } from '../engine/engine.ts';
import type { Plan } from '../plan/plan.ts';

/**
 * What survives of a run. The in-memory form forgets at exit; a durable one gives the same answers after a crash.
 * Calls come one at a time, in the order planned(t) … done(t) for growing t; several batches may be planned and not done.
 */
export interface Journal {
  /** What an earlier run of the same plan left. */
  open(plan: Plan): Promise<Recovered>;
  /** Resolves when the batch's input is safely written down; nothing of the batch is visible before. */
  planned(batch: Batch): Promise<void>;
  /** Resolves when it is safely written down that all sinks have committed the batch. */
  done(time: number): Promise<void>;
  close(): Promise<void>;
}

export interface Recovered {
  /** The time from which slides are counted: one interval before the job's first batch ever. Absent: never run. */
  readonly zeroTime?: number;
  /** The newest batch that was planned. */
  readonly lastTime?: number;
  /** Batches that were planned and not done, oldest first: they are run before anything else. */
  readonly unfinished: readonly Batch[];
}
