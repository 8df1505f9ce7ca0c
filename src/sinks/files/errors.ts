import { messageOf, StreamjobError } from '../../base/errors.ts';

const reasons: Record<string, readonly [what: string, remedy: string]> = {
  ENOSPC: ['the disk is full', 'Make room; the batch is written again when the job is started again.'],
  EDQUOT: ['the disk quota is used up', 'Make room; the batch is written again when the job is started again.'],
  EFBIG: ['the file would be larger than is allowed', 'Raise the limit (ulimit -f), or shorten the batch interval.'],
  EACCES: ['it is not permitted', 'Give the user who runs the job the right to write there.'],
  EPERM: ['it is not permitted', 'Give the user who runs the job the right to write there.'],
  EROFS: ['the file system is read-only', 'Choose another `path`.'],
  ENOENT: ['the directory has gone', 'Nobody else may remove the sink’s directory or files in it while the job runs.'],
};

/** Does what may fail in the file system; its error says which file, why, and what to do. */
export function writing<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw cannotWrite(path, error);
  }
}

export function cannotWrite(path: string, cause: unknown): StreamjobError {
  if (cause instanceof StreamjobError) return cause;
  const code = (cause as NodeJS.ErrnoException).code ?? '';
  const [what, remedy] = reasons[code] ?? [messageOf(cause), 'Check the directory of the sink.'];
  return new StreamjobError('sink-failed', `Cannot write ${path}: ${what}.`, { cause, remedy });
}
