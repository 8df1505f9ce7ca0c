import type { ReceiverState } from '../engine/engine.ts';
import type { NodeId } from '../plan/plan.ts';

/** What happens in a run, as Spark's StreamingListener tells it. Listeners must not throw and cannot slow a batch. */
export interface JobListener {
  started?(event: { readonly zeroTime: number }): void;
  receiver?(event: { readonly source: NodeId; readonly state: ReceiverState; readonly message: string }): void;
  batchSubmitted?(batch: BatchInfo): void;
  batchStarted?(batch: BatchInfo): void;
  batchCompleted?(batch: BatchInfo): void;
  log?(event: { readonly level: 'debug' | 'info' | 'warn'; readonly message: string }): void;
  stopping?(event: { readonly reason: string }): void;
}

/** Times in milliseconds since the epoch, of the job's clock. */
export interface BatchInfo {
  readonly batchTime: number;
  readonly submissionTime: number;
  readonly processingStartTime?: number;
  readonly processingEndTime?: number;
  /** Per source node; known when the batch is completed. */
  readonly recordsIn?: ReadonlyMap<NodeId, number>;
  readonly tasks?: number;
  readonly error?: unknown;
}
