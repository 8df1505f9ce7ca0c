import type { Clock } from '../base/clock.ts';
import { type ErrorCode, StreamjobError } from '../base/errors.ts';
import type { Journal } from '../checkpoint/journal.ts';
import type { Rdds } from '../component/rdds.ts';
import type { Batch, BatchResult, Engine } from '../engine/engine.ts';
import type { Submitted } from './batches.ts';
import type { Sinks } from './commit.ts';
import type { BatchInfo, JobListener } from './events.ts';
import type { Inputs } from './inputs.ts';
import type { Taps } from './taps.ts';
import type { Throttle } from './throttle.ts';
import { ownRecords, withTransforms } from './transforms.ts';

export interface Execution {
  readonly engine: Engine;
  readonly journal: Journal;
  readonly inputs: Inputs;
  readonly sinks: Sinks;
  readonly taps: Taps;
  readonly rdds: Rdds | undefined;
  readonly clock: Clock;
  readonly listener: JobListener;
  /** If settings.backpressure is on. */
  readonly throttle: Throttle | undefined;
  readonly onBatchFailure: 'stop' | 'continue';
  /** When aborted, nothing is made visible any more. */
  readonly cut: AbortSignal;
}

/**
 * Runs a planned batch to its end: computed, committed by the sinks, written down as done, let go. Rejects if the job
 * cannot go on.
 */
export async function executeBatch({ batch, submissionTime }: Submitted, execution: Execution): Promise<void> {
  const { clock, engine, listener, inputs, throttle, onBatchFailure, cut } = execution;
  const started = { batchTime: batch.time, submissionTime, processingStartTime: clock.now() };
  listener.batchStarted?.(started);
  const outcome = await computeAndCommit(batch, execution).catch((error: unknown) => ({ error }));
  cut.throwIfAborted();
  const goesOn = !('error' in outcome) || (onBatchFailure === 'continue' && mayGoOn(engine, outcome.error));
  if (goesOn) await finish(batch, execution, outcome);
  const completed = { ...started, processingEndTime: clock.now(), ...outcome };
  throttle?.after(completed);
  inputs.forget(batch.time);
  listener.batchCompleted?.(completed);
  if ('error' in outcome && !goesOn) throw outcome.error;
}

/** What later batches would fail of, too, is no reason to leave one out: all input from now on would be lost. */
const mayGoOn = (engine: Engine, error: unknown): boolean =>
  !engine.broken && !(error instanceof StreamjobError && lasting.has(error.code));

const lasting: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'checkpoint-damaged',
  'checkpoint-failed',
  'checkpoint-locked',
  'state-lost',
]);

type Outcome =
  | (Pick<BatchInfo, 'recordsIn' | 'tasks' | 'held'> & Pick<BatchResult, 'kept'>)
  | { readonly error: unknown };

async function computeAndCommit(
  batch: Batch,
  { engine, journal, rdds, sinks, taps, cut }: Execution,
): Promise<Outcome> {
  const whole = taps.into(await withTransforms(batch, rdds));
  if (sinks.sendInTasks) await journal.check(true);
  const result = taps.handOut(whole, await engine.runBatch(whole));
  cut.throwIfAborted();
  if (result.sinks.size > 0) await journal.check(sinks.shows(batch.time, result));
  await sinks.commit(batch.time, result);
  const { tasks, held, kept } = result;
  return { recordsIn: ownRecords(result, whole), tasks, ...(held && { held }), ...(kept && { kept }) };
}

/** Sources do not hear of a batch that failed: they might delete what nobody has read. */
async function finish({ time }: Batch, { journal, inputs, engine }: Execution, outcome: Outcome): Promise<void> {
  const succeeded = !('error' in outcome);
  await journal.done(time, succeeded, succeeded ? outcome.kept : undefined);
  if (succeeded) await inputs.committed(time, () => journal.synced());
  engine.forget(time, succeeded);
}
