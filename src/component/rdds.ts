import type { FunctionReference } from '../function/reference.ts';
import { type BatchTimes, hasTransforms } from '../plan/expand.ts';
import type { NodeId, Origin, Plan } from '../plan/plan.ts';
import type { CommitMessage } from './sink.ts';
import type { Partition } from './source.ts';

/** A plan that was put together for one batch, with what its sources read there. */
export interface BatchPlan {
  readonly plan: Plan;
  /** Of the sources and sinks that were added for the batch. */
  readonly configs: ReadonlyMap<NodeId, unknown>;
  /** Of the sources that were added for the batch. */
  readonly inputs: ReadonlyMap<NodeId, readonly Partition[]>;
}

/** What the functions of `transform` and `foreachRDD` need: they run on the driver thread, batch by batch. */
export interface Rdds {
  /**
   * The plan of a batch, with what the transforms recorded in their place; undefined in a job without any. Rejects with the
   * user's error.
   */
  expand(times: BatchTimes): Promise<BatchPlan | undefined>;
  /** A function that gets the records of a batch as an RDD, ready to be called. */
  consumer(fn: FunctionReference, origin: Origin): RddConsumer;
}

/** Resolves when the function is done. `partitions`: the records in the wire format. */
export type RddConsumer = (partitions: readonly Uint8Array[], time: number) => Promise<void>;

/** What an `Rdds` is made of. */
export interface RddOptions {
  readonly plan: Plan;
  readonly parallelism: number;
  /** Milliseconds for which a function may keep the driver from everything else; then the process ends. */
  readonly taskTimeout: number;
  log(level: 'debug' | 'info' | 'warn', message: string): void;
  /** Runs a plan on the batch of this time, and gives what was put aside by its sinks. */
  run(plan: BatchPlan, time: number): Promise<ReadonlyMap<NodeId, readonly CommitMessage[]>>;
}

/** True for a plan in which functions on the driver get RDDs. */
export const needsRdds = (plan: Plan): boolean =>
  hasTransforms(plan) || plan.nodes.some(({ kind, origin }) => kind === 'sink' && origin.component === 'foreachRDD');
