import { lstat, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { StreamjobError } from '../../base/errors.ts';
import { failpoint } from '../../base/failpoint.ts';
import { syncDirectory } from '../../base/sync.ts';
import type { SinkContext } from '../../component/sink.ts';
import { cannotWrite } from './errors.ts';
import { makeDirectory, makeFile } from './making.ts';
import { type FilesConfig, isLeftover, targetName } from './names.ts';

/** The directory of a `files` sink, where batches become visible. */
export interface Directory {
  prepare(): Promise<void>;
  /**
   * Makes the parts visible, in their order. Doing so again with the same or with other parts is no harm. `rerun`: an earlier run
   * may have published this batch already; then what it wrote is replaced.
   */
  publish(time: number, parts: readonly Part[], rerun?: boolean): Promise<void>;
  removeLeftovers(): Promise<void>;
}

/** What a task with records has put aside. */
export interface Part {
  readonly partition: number;
  /** Of its file, in the directory. */
  readonly name: string;
}

export function openDirectory(config: FilesConfig, context: SinkContext): Directory {
  /** The newest batch that this run has published, and of which parts. */
  let published: { readonly time: number; readonly parts: string } | undefined;

  async function prepare(): Promise<void> {
    await prepareDirectory(config);
    await removeLeftovers();
  }

  async function publish(time: number, parts: readonly Part[], rerun = false): Promise<void> {
    const target = join(config.path, targetName(config, time));
    if (parts.length === 0 && !config.writeEmpty) return rerun ? remove(target) : undefined;
    const names = parts.map(({ name }) => name);
    try {
      const again = published?.time === time;
      if (!again && !rerun) await refuseExisting(target, config);
      if (!again || published?.parts !== names.join()) await replace(target, time, parts);
      published = { time, parts: names.join() };
      await syncDirectory(config.path);
      failpoint('sink.published');
      await removeAll(config, names);
    } catch (error) {
      throw cannotWrite(target, error);
    }
  }

  async function replace(target: string, time: number, parts: readonly Part[]): Promise<void> {
    const whole = await (config.partitioned ? makeDirectory : makeFile)(config, time, parts);
    failpoint('sink.rename');
    if (config.partitioned) await moveAway(target);
    await rename(whole, target);
    failpoint('sink.renamed');
  }

  /** A directory cannot be renamed onto another one; what is moved away looks unfinished. */
  async function moveAway(target: string): Promise<void> {
    const away = join(config.path, `.${basename(target)}.replaced.tmp`);
    await remove(away);
    if (await exists(target)) await rename(target, away);
  }

  const removeLeftovers = (): Promise<void> => removeUnfinished(config, context);

  return { prepare, publish, removeLeftovers };
}

/** Makes the directory. Throws StreamjobError for a file that is in the way. */
export async function prepareDirectory(config: FilesConfig): Promise<void> {
  await mkdir(config.path, { recursive: true }).catch((error: unknown) => {
    throw cannotUse(config.path, error);
  });
}

/** Removes what this sink has written aside and nobody wants any more. */
export async function removeUnfinished(config: FilesConfig, { sink, log }: SinkContext): Promise<void> {
  const names = await readdir(config.path).catch(() => []);
  const leftovers = names.filter((name) => isLeftover(config, name));
  await removeAll(config, leftovers);
  if (leftovers.length > 0) log('debug', `${sink}: removed ${leftovers.length} unfinished files`);
}

export async function removeAll({ path }: FilesConfig, names: readonly string[]): Promise<void> {
  for (const name of names) await remove(join(path, name));
}

function cannotUse(path: string, cause: unknown): StreamjobError {
  const { code = '' } = cause as NodeJS.ErrnoException;
  if (code !== 'EEXIST' && code !== 'ENOTDIR') return cannotWrite(path, cause);
  return new StreamjobError('output-exists', `${path} cannot be a directory: a file of this name is in the way.`, {
    cause,
    remedy: 'Move the file away, or choose another `path`.',
  });
}

/** Throws StreamjobError `output-exists` for a file that is there, unless it may be replaced. */
export async function refuseExisting(target: string, { overwrite }: FilesConfig): Promise<void> {
  if (overwrite || !(await exists(target))) return;
  throw new StreamjobError('output-exists', `${target} exists, and this run has not written it.`, {
    remedy: 'Move it away, choose another `path` or `prefix`, or set `overwrite: true`.',
  });
}

/** A symbolic link that leads nowhere is in the way, too. */
const exists = (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    () => false,
  );

const remove = (path: string): Promise<void> => rm(path, { force: true, recursive: true });
