import { counted } from '../base/counted.ts';
import { formatDuration } from '../base/duration.ts';
import type { NodeId, Plan } from '../plan/plan.ts';
import type { JobListener } from '../run/events.ts';
import type { Log } from './log.ts';

/** What a run tells of itself, and what it did in sum. */
export interface RunLog extends JobListener {
  summary(): void;
}

/**
 * Writes what happens in a run of this plan to the log. `failed` is told the error of a batch; what ends the job is told
 * by who waits for its end.
 */
export function runLog(log: Log, plan: Plan, failed: (error: unknown) => void): RunLog {
  const total = { batches: 0, failed: 0, records: 0 };
  let begin = performance.now();
  return {
    started() {
      begin = performance.now();
      log.write('info', `${plan.name} started, a batch every ${formatDuration(plan.batchInterval)}`, {
        job: plan.name,
      });
    },
    receiver({ source, state, message }) {
      log.write('info', `${nameOf(plan, source)}: ${message}`, { source: plan.nodes[source]?.origin.name, state });
    },
    batchCompleted({ batchTime, submissionTime, processingStartTime, processingEndTime, recordsIn, tasks, error }) {
      const records = sum(recordsIn?.values() ?? []);
      const waited = (processingStartTime ?? submissionTime) - submissionTime;
      const took = (processingEndTime ?? submissionTime) - (processingStartTime ?? submissionTime);
      total.batches += 1;
      total.records += records;
      const message = `batch ${new Date(batchTime).toISOString()}: ${records} records, ${tasks ?? 0} tasks, ${took} ms after waiting ${waited} ms`;
      log.write('debug', message, { batchTime, records, tasks, took, waited });
      if (error === undefined) return;
      total.failed += 1;
      failed(error);
    },
    log({ level, message }) {
      log.write(level, message);
    },
    stopping({ reason }) {
      log.write('info', `stopping: ${reason}`);
    },
    summary() {
      const seconds = Number(((performance.now() - begin) / 1000).toFixed(1));
      const failed = total.failed > 0 ? `, ${total.failed} of them failed` : '';
      const message = `${plan.name} ended: ${counted(total.batches, 'batch', 'batches')}${failed}, ${counted(total.records, 'record')}, ${seconds} s`;
      log.write('info', message, { job: plan.name, ...total, seconds });
    },
  };
}

const nameOf = (plan: Plan, id: NodeId): string => {
  const origin = plan.nodes[id]?.origin;
  return `${origin?.component} ${origin?.name}`;
};

const sum = (numbers: Iterable<number>): number => {
  let total = 0;
  for (const n of numbers) total += n;
  return total;
};
