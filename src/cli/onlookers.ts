import { messageOf } from '../base/errors.ts';
import { JobHistory } from '../observe/history.ts';
import { type JobListener, toAll } from '../run/events.ts';
import type { RunningJob } from '../run/job.ts';
import { type DashboardOptions, openDashboard } from './dashboard.ts';
import type { RunnableJob } from './load.ts';
import type { LogOptions } from './log.ts';
import { insightOf, letLookIn } from './lookIn.ts';
import type { CalmLog } from './repeats.ts';
import { reportError } from './reportError.ts';
import { runLog } from './runLog.ts';

interface Options extends DashboardOptions, LogOptions {
  readonly once?: boolean;
}

/** All that looks at a run: the log, the status line, the dashboard, and other processes. */
export interface Onlookers {
  /** To be told what happens. */
  readonly listener: JobListener;
  /** From now on they can look into the job. */
  follow(running: RunningJob): void;
  /** Says what the run did in sum. */
  close(): Promise<void>;
}

/** Throws `port-taken`. */
export async function openOnlookers(job: RunnableJob, options: Options, log: CalmLog): Promise<Onlookers> {
  const history = new JobHistory(job.plan);
  const dashboard = await openDashboard(history, options, log);
  const teller = runLog(log, job.plan, failureTeller(job, log));
  const status = await statusOf(history, options, log);
  let shutOut: (() => Promise<void>) | undefined;
  return {
    listener: toAll([teller, history, ...(status ? [status.meter] : [])]),
    follow(running) {
      tellEnd(running, history);
      const insight = insightOf(job, running, history);
      dashboard?.follow(running, insight);
      shutOut = letLookIn(job, insight, log);
    },
    async close() {
      status?.close();
      await Promise.all([dashboard?.close(), shutOut?.()]);
      log.flush();
      teller.summary();
    },
  };
}

/** Tells what a batch failed with if the job goes on; else who waits for its end does. */
function failureTeller({ settings }: RunnableJob, log: CalmLog): (error: unknown) => void {
  if (settings.onBatchFailure === 'stop') return () => undefined;
  return (error) => {
    if (log.format === 'json' || log.isNew('error', messageOf(error))) reportError(error, log);
  };
}

async function statusOf(history: JobHistory, { once = false, quiet }: Options, log: CalmLog) {
  const wanted = process.stderr.isTTY && process.env.TERM !== 'dumb' && log.format === 'text' && !quiet;
  return wanted ? (await import('./statusLine.ts')).showStatus(history, once) : undefined;
}

function tellEnd({ done }: RunningJob, history: JobHistory): void {
  done.then(
    () => history.ended(),
    (error: unknown) => history.ended(error),
  );
}
