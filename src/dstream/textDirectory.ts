import { lstat, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { messageOf, StreamjobError } from '../base/errors.ts';
import { syncDirectory, syncFile } from '../base/sync.ts';
import { jsonText } from '../component/text.ts';

/**
 * Writes a directory as Spark does: `part-00000` for the first list of records, and so on, a line each, and an empty `_SUCCESS`.
 * Strings are lines as they are, anything else is JSON. It becomes visible when all of it is on the disk. Rejects with
 * StreamjobError `output-exists` if there is something of this name, and `sink-failed` if it cannot be written.
 */
export async function writeTextDirectory(target: string, partitions: readonly (readonly unknown[])[]): Promise<void> {
  const aside = join(dirname(target), `.${basename(target)}.tmp`);
  if (await exists(target)) throw inTheWay(target);
  try {
    await rm(aside, { recursive: true, force: true });
    await mkdir(aside, { recursive: true });
    for (const [index, records] of partitions.entries())
      await writeSynced(join(aside, partName(index)), linesOf(records));
    await writeSynced(join(aside, '_SUCCESS'), '');
    await syncDirectory(aside);
    await rename(aside, target);
    await syncDirectory(dirname(target));
  } catch (cause) {
    throw new StreamjobError('sink-failed', `Cannot write ${target}: ${messageOf(cause)}.`, {
      cause,
      remedy: 'Check that there is room, and that the user who runs the job may write there.',
    });
  }
}

/** A symbolic link that leads nowhere is in the way, too. */
const exists = (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    () => false,
  );

const inTheWay = (path: string): StreamjobError =>
  new StreamjobError('output-exists', `${path} exists already.`, {
    remedy: 'Give each batch a directory of its own, with its time in the name, or move this one away.',
  });

const partName = (index: number): string => `part-${String(index).padStart(5, '0')}`;

const linesOf = (records: readonly unknown[]): string =>
  records.map((record) => `${typeof record === 'string' ? record : jsonText(record)}\n`).join('');

async function writeSynced(path: string, text: string): Promise<void> {
  await writeFile(path, text);
  await syncFile(path);
}
