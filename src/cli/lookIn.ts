import { resolve } from 'node:path';
import { messageOf } from '../base/errors.ts';
import type { JobHistory } from '../observe/history.ts';
import type { Insight } from '../observe/insight.ts';
import type { Plan } from '../plan/plan.ts';
import { usefulNodes } from '../plan/stages.ts';
import type { RunningJob } from '../run/job.ts';
import type { RunnableJob } from './load.ts';
import type { Log } from './log.ts';

/** How one looks into this run, by the dashboard and by other processes. */
export const insightOf = ({ plan, streams }: RunnableJob, running: RunningJob, history: JobHistory): Insight => ({
  history,
  streams: computed(plan, streams),
  tap: (options) => running.tap(options),
  slice: (stream, from, to) => running.slice(stream, from, to),
});

function computed(plan: Plan, streams: RunnableJob['streams']): readonly string[] {
  const useful = usefulNodes(plan);
  return [...streams].filter(([, { from }]) => useful.has(from)).map(([name]) => name);
}

/**
 * Lets `top`, `tap` and `slice` in while the job runs. A job goes on without if that is not possible. Gives what ends it.
 */
export function letLookIn({ plan, file }: RunnableJob, insight: Insight, log: Log): () => Promise<void> {
  const identity = { name: plan.name, file: resolve(file), pid: process.pid, since: Date.now() };
  const opening = import('../observe/control/server.ts')
    .then(({ openControl }) => openControl(identity, insight))
    .catch((error: unknown) => void log.write('debug', `nobody can look into the job: ${messageOf(error)}`));
  return async () => (await opening)?.close();
}
