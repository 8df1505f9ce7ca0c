import { constants, createReadStream } from 'node:fs';
import { copyFile, type FileHandle, link, mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { syncDirectory, syncFile } from '../../base/sync.ts';
import type { Part } from './directory.ts';
import { headOf } from './lines.ts';
import { type FilesConfig, joinedName, partFileName } from './names.ts';

/** Makes one hidden file of the parts, synced, and gives its path. A part that is all of it is taken as it is. */
export async function makeFile(config: FilesConfig, time: number, parts: readonly Part[]): Promise<string> {
  const head = headOf(config);
  const [first, ...more] = parts;
  if (first && more.length === 0 && head.length === 0) return join(config.path, first.name);
  const whole = join(config.path, joinedName(config, time));
  const file = await open(whole, 'w');
  try {
    await file.appendFile(head);
    await appendParts(file, config, parts);
    await file.sync();
  } finally {
    await file.close();
  }
  return whole;
}

/** Appends the parts in their order. */
export async function appendParts(file: FileHandle, { path }: FilesConfig, parts: readonly Part[]): Promise<void> {
  for (const { name } of parts) {
    const chunks = createReadStream(join(path, name), { highWaterMark: 1024 * 1024 });
    for await (const chunk of chunks) await file.appendFile(chunk);
  }
}

/** Makes a hidden directory of the parts, as Spark does, synced, and gives its path. The parts stay, for another try. */
export async function makeDirectory(config: FilesConfig, time: number, parts: readonly Part[]): Promise<string> {
  const whole = join(config.path, joinedName(config, time));
  await rm(whole, { recursive: true, force: true });
  await mkdir(whole);
  for (const { name, partition } of parts) {
    await linkOrCopy(join(config.path, name), join(whole, partFileName(config, partition)));
  }
  await (await open(join(whole, '_SUCCESS'), 'w')).close();
  await syncDirectory(whole);
  return whole;
}

/** Some file systems know no second name of a file. */
async function linkOrCopy(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    if (!['EPERM', 'ENOTSUP', 'ENOSYS', 'EMLINK'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    await copyFile(from, to, constants.COPYFILE_FICLONE);
    await syncFile(to);
  }
}
