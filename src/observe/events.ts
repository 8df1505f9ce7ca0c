import type { BatchInputs, ReceiverState } from '../engine/engine.ts';
import type { StageFigures } from '../engine/stageFigures.ts';
import type { NodeId } from '../plan/plan.ts';

/** What happens in a run, as Spark's StreamingListener tells it. A listener that throws is complained of once; the batch goes on. */
export interface JobListener {
  started?(event: { readonly zeroTime: number }): void;
  receiver?(event: { readonly source: NodeId; readonly state: ReceiverState; readonly message: string }): void;
  batchSubmitted?(batch: BatchInfo): void;
  batchStarted?(batch: BatchInfo): void;
  /** A stage of a running batch is over. If the batch is run again, its stages are told again. */
  stageCompleted?(event: { readonly batchTime: number; readonly figures: StageFigures }): void;
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
  /** What it reads; told when it is submitted. */
  readonly inputs?: BatchInputs;
  /** Per source node; known when the batch is completed. */
  readonly recordsIn?: ReadonlyMap<NodeId, number>;
  readonly tasks?: number;
  readonly error?: unknown;
}
