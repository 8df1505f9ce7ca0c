import type { StageFigures } from '../engine/stageFigures.ts';
import type { NodeId } from '../plan/plan.ts';
import type { ErrorText } from './errorText.ts';
import type { BatchInfo } from './events.ts';
import { type InputText, inputText } from './inputText.ts';
import type { OutputRecord } from './outputs.ts';

/** What is remembered of a batch. */
export interface BatchRecord {
  readonly batchTime: number;
  readonly submissionTime: number;
  status: 'queued' | 'processing' | 'completed';
  processingStartTime?: number;
  processingEndTime?: number;
  /** Of each source node that had input. */
  recordsIn: ReadonlyMap<NodeId, number>;
  records: number;
  error?: ErrorText;
  /** What takes room; only of the newest batches. */
  details?: BatchDetails;
}

export interface BatchDetails {
  readonly inputs: ReadonlyMap<NodeId, InputText>;
  /** By the node that each begins with, in the order in which they ended. */
  readonly stages: Map<NodeId, StageFigures>;
  /** Of each sink that was asked to make the batch visible. */
  readonly outputs: Map<NodeId, OutputRecord>;
}

export const newBatch = ({ batchTime, submissionTime, inputs }: BatchInfo): BatchRecord => ({
  batchTime,
  submissionTime,
  status: 'queued',
  recordsIn: new Map(),
  records: 0,
  details: {
    inputs: new Map([...(inputs ?? [])].map(([source, partitions]) => [source, inputText(partitions)])),
    stages: new Map(),
    outputs: new Map(),
  },
});

/** How long it waited; of one that waits, undefined. */
export const schedulingDelay = ({ submissionTime, processingStartTime }: BatchRecord): number | undefined =>
  processingStartTime === undefined ? undefined : processingStartTime - submissionTime;

export const processingTime = ({ processingStartTime, processingEndTime }: BatchRecord): number | undefined =>
  processingStartTime === undefined || processingEndTime === undefined
    ? undefined
    : processingEndTime - processingStartTime;

export const totalDelay = ({ submissionTime, processingEndTime }: BatchRecord): number | undefined =>
  processingEndTime === undefined ? undefined : processingEndTime - submissionTime;
