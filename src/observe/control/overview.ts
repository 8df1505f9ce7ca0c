import type { JsonValue } from '../../base/json.ts';
import { processingTime, schedulingDelay, totalDelay } from '../batchRecord.ts';
import type { JobHistory } from '../history.ts';
import { statusView } from '../views.ts';

/** So many of the newest batches are told. */
const batchesTold = 8;

/** How a job stands, for who looks at a terminal. Times in milliseconds, memory in bytes. */
export const overviewOf = (history: JobHistory): JsonValue => ({
  ...(statusView(history, { records: true }) as object),
  batchInterval: history.plan.batchInterval,
  waiting: history.waiting,
  memory: process.memoryUsage.rss(),
  steps: stepsOf(history),
  batches: history.newest(batchesTold).map((batch) => ({
    time: batch.batchTime,
    status: batch.status,
    records: batch.records,
    delay: schedulingDelay(batch) ?? null,
    processing: processingTime(batch) ?? null,
    total: totalDelay(batch) ?? null,
    error: batch.error?.message ?? null,
  })),
});

/** The name of each stage, by the node that it begins with. */
function stepsOf(history: JobHistory): JsonValue {
  const last = history.newest(batchesTold).findLast(({ status, error }) => status === 'completed' && !error);
  return [...(last?.details?.stages.values() ?? [])].map(({ root, name }) => ({ root, name }));
}
