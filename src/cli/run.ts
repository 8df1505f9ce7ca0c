import { setTimeout as sleep } from 'node:timers/promises';
import { SystemClock } from '../base/clock.ts';
import { endBySignal } from '../base/endBySignal.ts';
import { StreamjobError } from '../base/errors.ts';
import { catalog } from '../catalog/index.ts';
import type { Journal } from '../checkpoint/journal.ts';
import { openRdds } from '../dstream/openRdds.ts';
import { LocalEngine } from '../local/index.ts';
import type { JobSettings } from '../plan/jobSettings.ts';
import { stepName } from '../plan/plan.ts';
import type { JobListener } from '../run/events.ts';
import { type RunningJob, runJob } from '../run/job.ts';
import { type CheckpointOptions, journalOfRun } from './checkpointOfRun.ts';
import type { DashboardOptions } from './dashboard.ts';
import type { RunnableJob, VariableOptions } from './load.ts';
import { type Log, type LogOptions, openLog } from './log.ts';
import { openOnlookers } from './onlookers.ts';
import { onClosedOutput } from './output.ts';
import { type CalmLog, calmLog } from './repeats.ts';
import { reportError } from './reportError.ts';
import { exitCodeOf, onSignals, type Signal } from './signals.ts';

interface RunOptions extends VariableOptions, LogOptions, CheckpointOptions, DashboardOptions {
  readonly threads?: number | 'auto';
  readonly once?: boolean;
  readonly batches?: number;
  readonly duration?: number;
  readonly watch?: boolean;
}

/** `streamjob run JOB`: runs the job until it ends or is stopped. */
export default async function run(file: string, options: RunOptions): Promise<number> {
  if (options.watch) return (await import('./watch.ts')).default(file, options);
  const early = new LocalEngine({ threads: options.threads ?? 'auto' });
  const log = calmLog(await openLog(options));
  const [{ withJob }, { tellProblem }] = await Promise.all([import('./load.ts'), import('./tellProblem.ts')]);
  return withJob(file, options, (job) => runLoaded(job, options, log, early), tellProblem(log));
}

async function runLoaded(job: RunnableJob, options: RunOptions, log: CalmLog, early: LocalEngine): Promise<number> {
  if (options.once) await refuseEndless(job);
  const journal = journalOfRun(job, options, log);
  const onlookers = await openOnlookers(job, options, log);
  const running = start(job, options, journal, onlookers.listener, early);
  onlookers.follow(running);
  const exitCode = await untilDone(running, log, options);
  await onlookers.close();
  return exitCode;
}

function start(
  job: RunnableJob,
  { threads, once, batches, duration }: RunOptions,
  journal: Journal,
  listener: JobListener,
  early: LocalEngine,
): RunningJob {
  const settings = { ...job.settings, ...(threads !== undefined && { threads }) };
  return runJob({
    plan: job.plan,
    streams: job.streams,
    configs: job.configs,
    settings,
    engine: engineFor(settings, early),
    journal,
    clock: new SystemClock(),
    mode: { ...(once && { once }), ...(batches && { batches }), ...(duration && { duration }) },
    listener,
    components: {
      source: catalog.sources.load,
      sink: catalog.sinks.load,
      format: catalog.formats.load,
      rdds: openRdds,
    },
  });
}

/**
 * Threads take as long to start as a job file takes to load, so they start first, as most jobs want them. For a job that
 * wants others they start again.
 */
function engineFor(settings: JobSettings, early: LocalEngine): LocalEngine {
  if (early.suits(settings)) return early;
  void early.close();
  return new LocalEngine(settings);
}

/** Waits for the end, however it comes, and gives the exit code. */
async function untilDone(running: RunningJob, log: Log, { skipIfRunning }: RunOptions): Promise<number> {
  const ignoreSignals = onSignals(
    (signal) => void running.stop(`${signal}; once more ends at once`),
    (signal) => void endAtOnce(running, signal),
  );
  const ignoreOutput = onClosedOutput(() => void running.stop('nobody reads the output any more'));
  try {
    await running.done;
    return 0;
  } catch (error) {
    return skipIfRunning && isRunning(error, log) ? 0 : reportError(error, log);
  } finally {
    ignoreSignals();
    ignoreOutput();
  }
}

/** Gives what is open a moment to be closed. What hangs even then would make `process.exit` wait. */
async function endAtOnce(running: RunningJob, signal: Signal): Promise<void> {
  const closed = await Promise.race([running.abort().then(() => true), sleep(1_000, false)]);
  if (closed) process.exit(exitCodeOf(signal));
  endBySignal(signal);
}

/** With `--once` a job ends by itself, so each of its sources must. */
async function refuseEndless({ plan }: RunnableJob): Promise<void> {
  for (const { kind, origin } of plan.nodes) {
    if (kind !== 'source' || (await catalog.sources.load(origin.component)).once === 'drains') continue;
    throw new StreamjobError('not-once', `The source ${stepName(origin)} has no end, so --once would never be done.`, {
      at: origin.at,
      remedy: 'Leave --once out, or end the job with --batches or --duration.',
    });
  }
}

/** With --skip-if-running a job that runs already is as good as one that was started. */
function isRunning(error: unknown, log: Log): boolean {
  const runs = error instanceof StreamjobError && error.code === 'checkpoint-locked';
  if (runs) log.write('info', `not started: ${error.message}`);
  return runs;
}
