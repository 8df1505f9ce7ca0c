import { open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, StreamjobError } from '../../base/errors.ts';
import { syncDirectory } from '../../base/sync.ts';
import { type FilesConfig, rollName } from './names.ts';

/** A file of a rolling sink and how many bytes of it are committed. */
export interface RollFile {
  readonly name: string;
  readonly length: number;
}

/** What a rolling sink remembers: where it stands, and where it stood before each of the last batches, oldest first. */
export interface RollState {
  readonly version: 1;
  readonly now?: RollFile;
  readonly before: readonly { readonly time: number; readonly file?: RollFile }[];
}

/** More batches than may wait to be done again after a crash. */
const keptBatches = 1000;

/** Reads what an earlier run has left. Throws StreamjobError `output-exists` if it is damaged or of a newer version. */
export async function readRollState(config: FilesConfig): Promise<RollState> {
  const path = join(config.path, rollName(config));
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return { version: 1, before: [] };
  try {
    const state = JSON.parse(text) as RollState;
    if (state.version === 1 && Array.isArray(state.before)) return state;
    throw new Error(`its version is ${state.version}`);
  } catch (cause) {
    throw new StreamjobError('output-exists', `${path} cannot be read: ${messageOf(cause)}.`, {
      cause,
      remedy: 'It says up to where the files of this sink are committed. Move it and them away to begin anew.',
    });
  }
}

/** Replaces what is remembered, safely. */
export async function writeRollState(config: FilesConfig, { version, now, before }: RollState): Promise<void> {
  const path = join(config.path, rollName(config));
  const file = await open(`${path}.tmp`, 'w');
  try {
    await file.writeFile(JSON.stringify({ version, now, before: before.slice(-keptBatches) }));
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.tmp`, path);
  await syncDirectory(config.path);
}
