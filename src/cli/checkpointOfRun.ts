import { resolve } from 'node:path';
import { StreamjobError } from '../base/errors.ts';
import { DurableJournal } from '../checkpoint/durable.ts';
import type { Journal } from '../checkpoint/journal.ts';
import { MemoryJournal } from '../checkpoint/memory.ts';
import type { RunnableJob } from './load.ts';
import type { Log } from './log.ts';

/** The options of `run` that concern the checkpoint. */
export interface CheckpointOptions {
  /** In place of the job's. */
  readonly checkpoint?: string;
  readonly fresh?: boolean;
  readonly skipIfRunning?: boolean;
}

/** What keeps the run's progress: the job's checkpoint directory, or nothing beyond the process. */
export function journalOfRun(job: RunnableJob, options: CheckpointOptions, log: Log): Journal {
  const directory = directoryOf(job, options);
  if (directory === undefined) {
    if (options.fresh || options.skipIfRunning) throw withoutCheckpoint(options);
    return new MemoryJournal();
  }
  const keep = process.env.STREAMJOB_KEEP_ALL === '1';
  const tell = (level: 'debug' | 'info' | 'warn', message: string): void => log.write(level, message);
  const interval = job.checkpoint ? job.checkpoint.interval : undefined;
  return new DurableJournal({ directory, interval, fresh: options.fresh ?? false, keep, log: tell });
}

function directoryOf({ checkpoint }: RunnableJob, { checkpoint: given }: CheckpointOptions): string | undefined {
  if (given !== undefined) return resolve(given);
  return checkpoint ? checkpoint.directory : undefined;
}

const withoutCheckpoint = ({ fresh }: CheckpointOptions): StreamjobError =>
  new StreamjobError('bad-usage', `${fresh ? '--fresh' : '--skip-if-running'} needs a checkpoint, and there is none.`, {
    remedy: 'Set `checkpoint: ./checkpoint/NAME` in the job file, or give --checkpoint DIR.',
  });
