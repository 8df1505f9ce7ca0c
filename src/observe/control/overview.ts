import type { JsonValue } from '../../base/json.ts';
import { type BatchRecord, processingTime, schedulingDelay, totalDelay } from '../batchRecord.ts';
import type { JobHistory } from '../history.ts';
import { statusView } from '../views.ts';

/** So many of the newest batches are told. */
const batchesTold = 8;
/** How far back it looks for them: behind all that may wait. */
const batchesSeen = 200;

/** How a job stands, for who looks at a terminal. Times in milliseconds, memory in bytes. */
export function overviewOf(history: JobHistory): JsonValue {
  const begun = history.newest(batchesSeen).filter(({ status }) => status !== 'queued');
  return {
    ...(statusView(history, { records: true }) as object),
    batchInterval: history.plan.batchInterval,
    waiting: history.waiting,
    memory: process.memoryUsage.rss(),
    steps: stepsOf(begun),
    batches: begun.slice(-batchesTold).map((batch) => ({
      time: batch.batchTime,
      status: batch.status,
      records: batch.records,
      delay: schedulingDelay(batch) ?? null,
      processing: processingTime(batch) ?? null,
      total: totalDelay(batch) ?? null,
      error: batch.error?.message ?? null,
    })),
  };
}

/** The name of each stage, by the node that it begins with. */
function stepsOf(batches: readonly BatchRecord[]): JsonValue {
  const last = batches.findLast(({ status, error }) => status === 'completed' && !error);
  return [...(last?.details?.stages.values() ?? [])].map(({ root, name }) => ({ root, name }));
}
