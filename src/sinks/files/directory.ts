import { createReadStream } from 'node:fs';
import { lstat, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { StreamjobError } from '../../base/errors.ts';
import { failpoint } from '../../base/failpoint.ts';
import type { SinkContext } from '../../component/sink.ts';
import { cannotWrite } from './errors.ts';
import { type FilesConfig, isLeftover, joinedName, targetName } from './names.ts';

/** The directory of a `files` sink, where batches become visible. */
export interface Directory {
  prepare(): Promise<void>;
  /** Makes one file of the named parts, in their order. Doing so again with the same or with other parts is no harm. */
  /** `rerun`: an earlier run may have published this batch already; then its file is replaced. */
  publish(time: number, parts: readonly string[], rerun?: boolean): Promise<void>;
  removeLeftovers(): Promise<void>;
}

export function openDirectory(config: FilesConfig, context: SinkContext): Directory {
  /** The newest batch that this run has published, and of which parts. */
  let published: { readonly time: number; readonly parts: string } | undefined;

  async function prepare(): Promise<void> {
    checkNames(config);
    await mkdir(config.path, { recursive: true }).catch((error: unknown) => {
      throw cannotUse(config.path, error);
    });
    await removeLeftovers();
  }

  async function publish(time: number, parts: readonly string[], rerun = false): Promise<void> {
    const target = join(config.path, targetName(config, time));
    if (parts.length === 0 && !config.writeEmpty) return rerun ? rm(target, { force: true }) : undefined;
    try {
      const again = published?.time === time;
      if (!again && !rerun) await refuseExisting(target);
      if (!again || published?.parts !== parts.join()) await replace(target, time, parts);
      published = { time, parts: parts.join() };
      await syncDirectory(config.path);
      failpoint('sink.published');
      if (parts.length > 1) await removeAll(parts);
    } catch (error) {
      throw cannotWrite(target, error);
    }
  }

  async function refuseExisting(target: string): Promise<void> {
    if (config.overwrite || !(await exists(target))) return;
    throw new StreamjobError('output-exists', `${target} exists, and this run has not written it.`, {
      remedy: 'Move it away, choose another `path` or `prefix`, or set `overwrite: true`.',
    });
  }

  async function replace(target: string, time: number, parts: readonly string[]): Promise<void> {
    const only = parts.length === 1 ? parts[0] : undefined;
    const whole = join(config.path, only ?? joinedName(config, time));
    if (only === undefined) await joinParts(whole, parts.map(inDirectory));
    failpoint('sink.rename');
    await rename(whole, target);
    failpoint('sink.renamed');
  }

  async function removeLeftovers(): Promise<void> {
    const names = await readdir(config.path).catch(() => []);
    const leftovers = names.filter((name) => isLeftover(config, name));
    await removeAll(leftovers);
    if (leftovers.length > 0) context.log('debug', `${context.sink}: removed ${leftovers.length} unfinished files`);
  }

  async function removeAll(names: readonly string[]): Promise<void> {
    for (const name of names) await rm(inDirectory(name), { force: true });
  }

  const inDirectory = (name: string): string => join(config.path, name);

  return { prepare, publish, removeLeftovers };
}

function checkNames({ prefix, suffix = '' }: FilesConfig): void {
  for (const [setting, text] of Object.entries({ prefix, suffix })) {
    if (!/[/\\\0\n]/.test(text)) continue;
    throw new StreamjobError('bad-value', `The ${setting} ${JSON.stringify(text)} cannot be part of a file name.`, {
      remedy: 'Directories belong into `path`.',
    });
  }
}

function cannotUse(path: string, cause: unknown): StreamjobError {
  const { code = '' } = cause as NodeJS.ErrnoException;
  if (code !== 'EEXIST' && code !== 'ENOTDIR') return cannotWrite(path, cause);
  return new StreamjobError('output-exists', `${path} cannot be a directory: a file of this name is in the way.`, {
    cause,
    remedy: 'Move the file away, or choose another `path`.',
  });
}

/** A symbolic link that leads nowhere is in the way, too. */
const exists = (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    () => false,
  );

async function joinParts(whole: string, parts: readonly string[]): Promise<void> {
  const file = await open(whole, 'w');
  try {
    for (const part of parts) {
      for await (const chunk of createReadStream(part, { highWaterMark: 1024 * 1024 })) await file.appendFile(chunk);
    }
    await file.sync();
  } finally {
    await file.close();
  }
}

/** A rename is on the disk when the directory is. */
async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
