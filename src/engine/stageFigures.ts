import type { NodeId } from '../plan/plan.ts';

/** What a stage of one batch did, measured once for each task. Times in milliseconds. */
export interface StageFigures {
  /** The node that the stage begins with; in a batch with transforms it may be none of the job's plan. */
  readonly root: NodeId;
  /** Its steps: `words, step 1 (flatMap) > words, step 2 (countByValue)`. */
  readonly name: string;
  readonly tasks: number;
  /** Tasks that gave a result. */
  readonly succeeded: number;
  /** From the begin of the batch to that of the stage's first task. */
  readonly begin: number;
  /** From the begin of its first task to the end of its last one. */
  readonly duration: number;
  /** What its tasks took together, waiting for a thread included. */
  readonly taskTime: number;
  readonly slowestTask: number;
  /** Records of its source; 0 behind a shuffle, where the stages before it say what they gave. */
  readonly recordsIn: number;
  /** What went into each sink or shuffle at its ends; behind a combining step, keys. */
  readonly recordsOut: readonly { readonly node: NodeId; readonly records: number }[];
  /** How many keys its state or window holds now. */
  readonly keys?: number;
}
