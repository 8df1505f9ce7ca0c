import { type NodeId, type Plan, stepName } from '../plan/plan.ts';
import type { BatchRecord } from './batchRecord.ts';
import type { ErrorText } from './errorText.ts';

/** What became of a batch in one sink; times in milliseconds since the epoch. */
export interface OutputRecord {
  readonly startTime: number;
  readonly endTime?: number;
  readonly error?: ErrorText;
}

/** A sink of a batch, Spark's output operation. Its time is that of making the batch visible: what was computed serves all sinks. */
export interface BatchOutput extends Partial<OutputRecord> {
  readonly sink: NodeId;
  readonly name: string;
  readonly description: string;
}

/**
 * The sinks of a batch in their order: those that were due, once that is known. One that was not asked, since the batch could not
 * be computed, has the error of the batch.
 */
export function outputsOf({ status, error, details }: BatchRecord, plan: Plan): readonly BatchOutput[] {
  const told = details?.outputs;
  const allTold = status === 'completed' && told !== undefined && (told.size > 0 || !error);
  const sinks = plan.nodes.filter(({ id, kind }) => kind === 'sink' && (!allTold || told.has(id)));
  return sinks.map(({ id, origin }) => ({
    sink: id,
    name: origin.name,
    description: stepName(origin),
    ...(told?.get(id) ?? (error && { error })),
  }));
}

/** How many of them there are, by Spark's names: what has no end is active, if the batch has begun. */
export function outputCounts(batch: BatchRecord, plan: Plan) {
  const outputs = outputsOf(batch, plan);
  const failed = outputs.filter(({ error }) => error).length;
  const open = outputs.filter(({ endTime, error }) => endTime === undefined && !error).length;
  const active = batch.status === 'processing' ? open : 0;
  const completed = outputs.length - failed - (batch.status === 'completed' ? 0 : open);
  return { active, completed, failed, total: outputs.length };
}
