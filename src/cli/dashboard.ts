import type { JobHistory } from '../observe/history.ts';
import type { Insight } from '../observe/insight.ts';
import type { RunningJob } from '../run/job.ts';
import type { Address } from './arguments.ts';
import type { Log } from './log.ts';

export interface DashboardOptions {
  /** `true`: at the usual address. */
  readonly ui?: true | Address;
  readonly uiToken?: string;
}

/** The dashboard of a run. */
export interface Dashboard {
  /** From now on the page can stop the job, and look into it. */
  follow(running: RunningJob, insight: Insight): void;
  close(): Promise<void>;
}

/** Serves the dashboard, and says where; undefined if nobody asked for it. Throws `port-taken`. */
export async function openDashboard(
  history: JobHistory,
  { ui: address, uiToken: token }: DashboardOptions,
  log: Log,
): Promise<Dashboard | undefined> {
  if (address === undefined) return undefined;
  const { defaultPort, openUi } = await import('../observe/server/server.ts');
  const { host = '127.0.0.1', port = defaultPort } = address === true ? {} : address;
  let job: RunningJob | undefined;
  let look: Insight | undefined;
  const stop = (reason: string): void => void job?.stop(reason);
  const ui = await openUi({ history, host, port, ...(token && { token }), stop, insight: () => look });
  const link = token ? ui.url : `${ui.url}?token=${ui.token}`;
  log.write('info', `dashboard: ${link}`, { url: link });
  return {
    follow(running, insight) {
      job = running;
      look = insight;
    },
    close: () => ui.close(),
  };
}
