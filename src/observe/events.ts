import type { BatchInputs, Held, ReceiverState } from '../engine/engine.ts';
import type { StageFigures } from '../engine/stageFigures.ts';
import type { NodeId } from '../plan/plan.ts';

/** What happens in a run, as Spark's StreamingListener tells it. A listener that throws is complained of once; the batch goes on. */
export interface JobListener {
  started?(event: { readonly zeroTime: number }): void;
  receiver?(event: { readonly source: NodeId; readonly state: ReceiverState; readonly message: string }): void;
  /** Of a source that lists its input at each batch: told when it has changed. */
  listing?(event: { readonly source: NodeId; readonly state: 'waiting' | 'active'; readonly message: string }): void;
  /** Of a sink whose tasks send by themselves: told when it has changed whether they wait for its other side. */
  sink?(event: { readonly sink: NodeId; readonly state: 'waiting' | 'active'; readonly message: string }): void;
  batchSubmitted?(batch: BatchInfo): void;
  batchStarted?(batch: BatchInfo): void;
  /** A stage of a running batch is over. If the batch is run again, its stages are told again. */
  stageCompleted?(event: { readonly batchTime: number; readonly figures: StageFigures }): void;
  /** A batch has been computed, and a sink that is due is about to make it visible. */
  outputStarted?(output: OutputInfo): void;
  outputCompleted?(output: OutputInfo): void;
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
  /** Bytes that wait for later batches; told when it is submitted, if all sources know. */
  readonly left?: number;
  /** Per source node; known when the batch is completed. */
  readonly recordsIn?: ReadonlyMap<NodeId, number>;
  readonly tasks?: number;
  /** What windows and states hold after it. */
  readonly held?: ReadonlyMap<NodeId, Held>;
  readonly error?: unknown;
}

/** What becomes of a batch in one sink; times as in BatchInfo. */
export interface OutputInfo {
  readonly batchTime: number;
  readonly sink: NodeId;
  readonly startTime: number;
  /** Retries included. */
  readonly endTime?: number;
  readonly error?: unknown;
}
