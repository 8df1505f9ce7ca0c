import { open, rm, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { StreamjobError } from '../../base/errors.ts';
import { failpoint } from '../../base/failpoint.ts';
import type { SinkContext } from '../../component/sink.ts';
import {
  type Directory,
  type Part,
  prepareDirectory,
  refuseExisting,
  removeAll,
  removeUnfinished,
} from './directory.ts';
import { cannotWrite } from './errors.ts';
import { headOf } from './lines.ts';
import { appendParts } from './making.ts';
import { type FilesConfig, targetName } from './names.ts';
import { type RollFile, type RollState, readRollState, writeRollState } from './rollLog.ts';

type Roll = NonNullable<FilesConfig['roll']>;

/**
 * A directory in which batches are appended to a file until it is time for the next one. A log beside the files says up to
 * where they are committed, before each of the last batches: a batch that is published again is cut off first.
 */
export function openRolling(config: FilesConfig, roll: Roll, context: SinkContext): Directory {
  let state: RollState = { version: 1, before: [] };
  /** The newest batch that this run has published. */
  let published: number | undefined;

  async function prepare(): Promise<void> {
    await prepareDirectory(config);
    await removeLeftovers();
    state = await readRollState(config);
    if (state.now) await cutBack(state.now);
  }

  async function publish(time: number, parts: readonly Part[], rerun = false): Promise<void> {
    try {
      if (rerun || published === time) await takeBack(time);
      published = time;
      if (parts.length === 0) return;
      await begin(time);
      const now = await append(state.now!, parts);
      failpoint('sink.appended');
      await remember({ ...state, now });
      failpoint('sink.published');
      await removeAll(
        config,
        parts.map(({ name }) => name),
      );
    } catch (error) {
      throw cannotWrite(join(config.path, targetName(config, time)), error);
    }
  }

  /**
   * As if this batch, and those behind it, had never been published. A file is cut only when the log says so: one that is shorter than the
   * log knows would be taken for somebody else's work after a crash.
   */
  async function takeBack(time: number): Promise<void> {
    const first = state.before.findIndex((entry) => entry.time >= time);
    if (first < 0) return;
    const { file } = state.before[first]!;
    const gone = [...state.before.slice(first + 1).map((entry) => entry.file?.name), state.now?.name];
    for (const name of new Set(gone)) {
      if (name !== undefined && name !== file?.name) await rm(inDirectory(name), { force: true });
    }
    failpoint('roll.removed');
    await remember({ version: 1, before: state.before.slice(0, first), ...(file && { now: file }) });
    failpoint('roll.noted');
    if (file) await cutBack(file);
  }

  /** Chooses the file, and notes where it stands. A new one is written down before it is there: it is ours from then on. */
  async function begin(time: number): Promise<void> {
    const name = fileFor(time);
    const now = state.now && (await sizeOf(inDirectory(state.now.name))) !== undefined ? state.now : undefined;
    const before = [...state.before, { time, ...(now && { file: now }) }];
    if (now?.name === name) {
      state = { ...state, before };
      return;
    }
    await refuseExisting(inDirectory(name), config);
    await remember({ version: 1, now: { name, length: 0 }, before });
  }

  /** What lies behind the committed length is of a try that failed. */
  async function append(committed: RollFile, parts: readonly Part[]): Promise<RollFile> {
    const { name, length } = committed;
    await cutBack(committed);
    const file = await open(inDirectory(name), length > 0 ? 'a' : 'w');
    try {
      if (length === 0) await file.appendFile(headOf(config));
      await appendParts(file, config, parts);
      await file.sync();
      return { name, length: (await file.stat()).size };
    } finally {
      await file.close();
    }
  }

  /** A file that somebody has moved away is begun anew. */
  async function cutBack({ name, length }: RollFile): Promise<void> {
    const path = inDirectory(name);
    const size = await sizeOf(path);
    if (size !== undefined && size < length) throw shorter(path, size, length);
    if (size !== undefined && size > length) await truncate(path, length);
  }

  function fileFor(time: number): string {
    if ('every' in roll) return targetName(config, Math.floor((time - 1) / roll.every) * roll.every);
    const { now } = state;
    return now && now.length < roll.size ? now.name : targetName(config, time);
  }

  async function remember(next: RollState): Promise<void> {
    await writeRollState(config, next);
    state = next;
  }

  const inDirectory = (name: string): string => join(config.path, name);

  const removeLeftovers = (): Promise<void> => removeUnfinished(config, context);

  return { prepare, publish, removeLeftovers };
}

const sizeOf = (path: string): Promise<number | undefined> =>
  stat(path).then(
    ({ size }) => size,
    () => undefined,
  );

const shorter = (path: string, size: number, length: number): StreamjobError =>
  new StreamjobError('output-exists', `${path} has ${size} bytes, but this sink had written ${length}.`, {
    remedy: 'Somebody has changed it. Move it away, and the sink begins another file.',
  });
