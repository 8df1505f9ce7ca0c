import { JobHistory } from '../observe/history.ts';
import type { Plan } from '../plan/plan.ts';
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
  /** Listens to the job. */
  readonly history: JobHistory;
  /** From now on the page can stop the job, and sees how it ends. */
  follow(running: RunningJob): void;
  close(): Promise<void>;
}

/** Serves the dashboard, and says where; undefined if nobody asked for it. Throws `port-taken`. */
export async function openDashboard(
  plan: Plan,
  { ui: address, uiToken: token }: DashboardOptions,
  log: Log,
): Promise<Dashboard | undefined> {
  if (address === undefined) return undefined;
  const { defaultPort, openUi } = await import('../observe/server/server.ts');
  const { host = '127.0.0.1', port = defaultPort } = address === true ? {} : address;
  const history = new JobHistory(plan);
  let job: RunningJob | undefined;
  const stop = (reason: string): void => void job?.stop(reason);
  const ui = await openUi({ history, host, port, ...(token && { token }), stop });
  const link = token ? ui.url : `${ui.url}?token=${ui.token}`;
  log.write('info', `dashboard: ${link}`, { url: link });
  return {
    history,
    follow(running) {
      job = running;
      running.done.then(
        () => history.ended(),
        (error: unknown) => history.ended(error),
      );
    },
    close: () => ui.close(),
  };
}
