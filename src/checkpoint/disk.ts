import { type FileHandle, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { messageOf, StreamjobError } from '../base/errors.ts';
import { failpoint } from '../base/failpoint.ts';
import { syncDirectory } from '../base/sync.ts';

/** The writes of a checkpoint, each with its place for tests that kill the process there, or count. */
export interface Disk {
  /** Resolves when the bytes are with the system: they outlive the process, not a loss of power. */
  append(file: FileHandle, bytes: Uint8Array, what: string): Promise<void>;
  sync(file: FileHandle, what: string): Promise<void>;
  /** Makes a file of this content, or none, under the name that it has at the end; safe when it resolves. */
  replace(path: string, bytes: Uint8Array, what: string): Promise<void>;
  remove(path: string): Promise<void>;
}

export const realDisk: Disk = {
  async append(file, bytes, what) {
    failpoint(`${what}.write`);
    const half = bytes.length >> 1;
    await file.writeFile(bytes.subarray(0, half));
    failpoint(`${what}.torn`);
    await file.writeFile(bytes.subarray(half));
    failpoint(`${what}.written`);
  },

  async sync(file, what) {
    failpoint(`${what}.sync`);
    await file.datasync();
    failpoint(`${what}.synced`);
  },

  async replace(path, bytes, what) {
    const aside = `${path}.new`;
    const file = await open(aside, 'w', 0o600);
    try {
      await realDisk.append(file, bytes, what);
      await realDisk.sync(file, what);
    } finally {
      await file.close();
    }
    failpoint(`${what}.rename`);
    await rename(aside, path);
    failpoint(`${what}.renamed`);
    await syncDirectory(parentOf(path));
    failpoint(`${what}.safe`);
  },

  async remove(path) {
    failpoint('checkpoint.remove');
    await rm(path, { force: true, recursive: true });
    failpoint('checkpoint.removed');
  },
};

const parentOf = (path: string): string => path.slice(0, path.lastIndexOf('/')) || '/';

/** Nobody else may look into it: it holds received data. */
export async function makeDirectory(path: string): Promise<void> {
  const made = await mkdir(path, { recursive: true, mode: 0o700 });
  if (made !== undefined) await syncDirectory(parentOf(made));
}

/** Undefined if there is no such file. */
export const readIfThere = (path: string): Promise<Buffer | undefined> =>
  readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });

const remedies: Readonly<Record<string, string>> = {
  ENOSPC: 'Make room on the disk and start the job again: it goes on where it was.',
  EDQUOT: 'Make room (the disk quota is used up) and start the job again: it goes on where it was.',
  EROFS: 'The file system is read-only; choose another directory for `checkpoint`.',
  EACCES: 'Give the user who runs the job the right to read and write there.',
  EPERM: 'Give the user who runs the job the right to read and write there.',
  ENOTDIR: 'A file of this name is in the way; choose another directory for `checkpoint`.',
  EEXIST: 'A file of this name is in the way; choose another directory for `checkpoint`.',
};

/** What the file system refuses, as an error that names the directory and says what to do. */
export async function usingDirectory<T>(directory: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof StreamjobError) throw cause;
    const remedy = remedies[(cause as NodeJS.ErrnoException).code ?? ''] ?? 'Check the directory.';
    throw new StreamjobError('checkpoint-failed', `The checkpoint ${directory} cannot be used: ${messageOf(cause)}.`, {
      cause,
      remedy,
    });
  }
}
