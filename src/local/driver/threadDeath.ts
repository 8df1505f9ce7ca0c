import { formatByteSize } from '../../base/byteSize.ts';
import { type ErrorCode, messageOf, StreamjobError } from '../../base/errors.ts';
import { heapRemedy } from '../wire/errors.ts';

/** Whether an error says that a thread has ended. */
export const isDeath = (thrown: unknown): thrown is StreamjobError =>
  thrown instanceof StreamjobError && deaths.has(thrown.code);

const deaths: ReadonlySet<ErrorCode> = new Set(['worker-died', 'task-timeout', 'heap-limit']);

/** Why a thread ended that nobody had asked to. `read` says how far its task had come. */
export function causeOfDeath(cause: unknown, exitCode: number, workerHeap: number, read: string): StreamjobError {
  if (cause instanceof StreamjobError) return cause;
  if ((cause as NodeJS.ErrnoException | undefined)?.code === 'ERR_WORKER_OUT_OF_MEMORY') {
    const limit = formatByteSize(workerHeap);
    return new StreamjobError('heap-limit', `needs far more JavaScript memory than ${limit}${read}`, {
      cause,
      remedy: heapRemedy,
    });
  }
  const how = cause === undefined ? `process.exit(${exitCode}) was called` : `uncaught: ${messageOf(cause)}`;
  return new StreamjobError('worker-died', `ended its worker thread (${how})${read}`, {
    cause,
    remedy: 'A function of the job must return a value or throw an error, and leave the process alone.',
  });
}
