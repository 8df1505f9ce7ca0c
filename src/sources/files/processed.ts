import { constants } from 'node:fs';
import { copyFile, lstat, mkdir, rename, unlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { messageOf } from '../../base/errors.ts';
import type { SourceContext } from '../../component/source.ts';
import { type FilesConfig, type FoundFile, isUnchanged, lookAt } from './types.ts';

/**
 * Does with a file whose batch is done what `onProcessed` says. The records are safe, so what goes wrong is a warning. `again`: an earlier
 * run may have done so already, and then the file is gone, or there is another one of its name.
 */
export async function dispose(
  file: FoundFile,
  onProcessed: FilesConfig['onProcessed'],
  { name, log }: SourceContext,
  again = false,
): Promise<void> {
  if (onProcessed === 'keep') return;
  try {
    const now = lookAt(file.path);
    if (again && !(now && isSameFile(file, now))) return;
    if (!now) log('warn', `${name}: ${file.path} has gone before it could be ${verb(onProcessed)}`);
    else if (!isUnchanged(file, now))
      log('warn', `${name}: ${file.path} has changed since it was read, and is not ${verb(onProcessed)}`);
    else if (onProcessed === 'delete') await unlink(file.path);
    else await move(file.path, onProcessed.moveTo);
  } catch (error) {
    log('warn', `${name}: ${file.path} could not be ${verb(onProcessed)}: ${messageOf(error)}`);
  }
}

/** Numbers of inodes are used again. */
const isSameFile = (a: FoundFile, b: FoundFile): boolean =>
  a.dev === b.dev && a.ino === b.ino && a.birthtimeMs === b.birthtimeMs;

const verb = (onProcessed: FilesConfig['onProcessed']): string => (onProcessed === 'delete' ? 'deleted' : 'moved');

async function move(path: string, directory: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  const target = await freeName(join(directory, basename(path)));
  try {
    await rename(path, target);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error;
    await copyFile(path, target, constants.COPYFILE_EXCL);
    await unlink(path);
  }
}

async function freeName(wanted: string): Promise<string> {
  for (let number = 0; ; number++) {
    const name = number === 0 ? wanted : `${wanted}.${number}`;
    if (!(await lstat(name).catch(() => undefined))) return name;
  }
}
