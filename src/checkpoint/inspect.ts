import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { StreamjobError } from '../base/errors.ts';
import { overlap } from '../engine/keptEntries.ts';
import type { KeptPiece } from '../engine/keptPiece.ts';
import { keepersOf } from '../plan/kept.ts';
import type { Plan } from '../plan/plan.ts';
import { BlockFolder } from './blocks.ts';
import { realDisk, usingDirectory } from './disk.ts';
import { DurableJournal } from './durable.ts';
import { type Holder, holderOf, Lock, readLock } from './lock.ts';
import { filesOf, readCheckpoint } from './recovery.ts';
import type { Inputs } from './state.ts';

/** What a checkpoint holds, for people. Times in milliseconds since the epoch. */
export interface CheckpointSummary {
  readonly job: string;
  readonly batchInterval: number;
  readonly epoch: number;
  /** Who runs the job; absent if nobody does. */
  readonly holder?: Holder;
  readonly lastBatch?: number;
  /** Batches planned and not done, oldest first. */
  readonly waiting: readonly { readonly time: number; readonly sources: readonly string[] }[];
  readonly skipped: readonly { readonly time: number; readonly at: number }[];
  readonly sources: readonly SourceSummary[];
  /** What windows and states hold. */
  readonly keepers: readonly KeeperSummary[];
  /** On the disk, in all and by what lies in the directory. */
  readonly bytes: number;
  readonly parts: { readonly [name: string]: number };
}

export interface SourceSummary {
  readonly name: string;
  readonly component: string;
  /** Entries of what it remembers, such as files. */
  readonly remembered: number;
  /** Received data that is in no batch yet. */
  readonly blocks: number;
  readonly blockBytes: number;
}

export interface KeeperSummary {
  /** As `checkpoint reset --state` takes it. */
  readonly id: string;
  readonly component: string;
  readonly kind: KeptPiece['kind'];
  /** Of a state its keys; of a window what each batch has brought. */
  readonly entries: number;
  /** False: a key counts in each piece that it is in, so there are at most so many. */
  readonly exact: boolean;
  readonly pieces: number;
  readonly bytes: number;
  /** The batches that it goes back to, and up to; merged pieces have the time of their newest batch. */
  readonly oldest: number;
  readonly newest: number;
}

/** Reads a checkpoint without taking it, also of a job that runs. Throws StreamjobError `checkpoint-failed` if there is none. */
export const inspect = (directory: string): Promise<CheckpointSummary> =>
  usingDirectory(directory, async () => {
    const { meta, state } = await readCheckpoint(directory);
    if (!meta) throw noCheckpoint(directory);
    const { lock } = filesOf(directory);
    const holder = holderOf(lock);
    const sources: SourceSummary[] = [];
    for (const { kind, origin } of meta.plan.nodes) {
      if (kind !== 'source') continue;
      const { name, component } = origin;
      const left = await new BlockFolder(filesOf(directory).blocks, name, realDisk).after(state.taken.get(name));
      const blockBytes = left.reduce((sum, { data }) => sum + data, 0);
      sources.push({ name, component, remembered: state.memory.get(name)?.size ?? 0, blocks: left.length, blockBytes });
    }
    return {
      job: meta.job,
      batchInterval: meta.batchInterval,
      epoch: readLock(lock)?.epoch ?? 0,
      ...(holder && { holder }),
      ...(state.last !== undefined && { lastBatch: state.last }),
      waiting: [...state.waiting].map(([time, inputs]) => ({ time, sources: Object.keys(inputs) })),
      skipped: state.skipped.map(({ skipped: time, at }) => ({ time, at })),
      sources,
      keepers: keepersIn(meta.plan, state.pieces.byKeeper),
      ...(await sizesIn(directory)),
    };
  });

function keepersIn(plan: Plan, byKeeper: ReadonlyMap<string, readonly KeptPiece[]>): KeeperSummary[] {
  return keepersOf(plan).flatMap(({ id, kind, node }) => {
    const pieces = byKeeper.get(id);
    if (!pieces) return [];
    const sum = (what: 'entries' | 'bytes'): number => pieces.reduce((total, piece) => total + piece[what], 0);
    const [oldest, newest] = [pieces[0]!.time, pieces.at(-1)!.time];
    const exact = kind !== 'state' || areApart(pieces);
    const { component } = node.origin;
    const [entries, bytes] = [sum('entries'), sum('bytes')];
    return [{ id, component, kind, entries, exact, pieces: pieces.length, bytes, oldest, newest }];
  });
}

/** No key can be in two of them. */
const areApart = (pieces: readonly KeptPiece[]): boolean =>
  pieces.every((piece, index) => pieces.every((other, before) => before >= index || !overlap(piece, other)));

async function sizesIn(directory: string): Promise<Pick<CheckpointSummary, 'bytes' | 'parts'>> {
  const parts: Record<string, number> = {};
  for (const name of (await readdir(directory)).sort()) parts[name] = await sizeOf(join(directory, name));
  return { parts, bytes: Object.values(parts).reduce((sum, bytes) => sum + bytes, 0) };
}

/** In a running job files come and go. */
async function sizeOf(path: string): Promise<number> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isDirectory()) return found?.size ?? 0;
  let bytes = 0;
  for (const name of await readdir(path)) bytes += await sizeOf(join(path, name));
  return bytes;
}

/**
 * Leaves out the batch that waits and is the oldest, or the one of this time, with a record of it. Gives its time and input. Throws
 * StreamjobError `checkpoint-locked` while the job runs, and `bad-usage` if no such batch waits.
 */
export const skipBatch = (directory: string, time?: number): Promise<{ time: number; inputs: Inputs }> =>
  usingDirectory(directory, async () => {
    const { meta, state } = await readCheckpoint(directory);
    if (!meta) throw noCheckpoint(directory);
    const chosen = time ?? [...state.waiting.keys()][0];
    const inputs = chosen === undefined ? undefined : state.waiting.get(chosen);
    if (chosen === undefined || !inputs) throw notWaiting(directory, time);
    const journal = new DurableJournal({ directory });
    try {
      await journal.open(meta.plan);
      await journal.skip(chosen, Date.now());
    } finally {
      await journal.close();
    }
    return { time: chosen, inputs };
  });

/** Forgets everything, as `run --fresh` does, also what is damaged. Throws StreamjobError `checkpoint-locked` while the job runs. */
export const reset = (directory: string): Promise<void> =>
  usingDirectory(directory, async () => {
    const files = filesOf(directory);
    if (!(await stat(files.journal).catch(() => undefined))) throw noCheckpoint(directory);
    const lock = Lock.take(files.lock, 'checkpoint reset');
    try {
      await realDisk.replace(files.journal, new Uint8Array(), 'compact');
      for (const path of [files.blocks, files.state, files.meta]) await realDisk.remove(path);
    } finally {
      lock.release();
    }
  });

/**
 * Forgets what one step holds, also what is damaged: its next batch begins with nothing. Throws StreamjobError `checkpoint-locked`
 * while the job runs, and `bad-usage` if the checkpoint has nothing of it.
 */
export const resetState = (directory: string, id: string): Promise<void> =>
  usingDirectory(directory, async () => {
    const { meta, state } = await readCheckpoint(directory);
    if (!meta) throw noCheckpoint(directory);
    const known = [...state.pieces.byKeeper.keys()];
    if (!known.includes(id)) throw noState(directory, id, known);
    const journal = new DurableJournal({ directory });
    try {
      await journal.open(meta.plan);
      await journal.drop(id);
    } finally {
      await journal.close();
    }
  });

const noState = (directory: string, id: string, known: readonly string[]): StreamjobError =>
  new StreamjobError('bad-usage', `${directory} keeps nothing under the name ${id}.`, {
    remedy: known.length > 0 ? `It keeps ${known.join(', ')}.` : 'It keeps nothing of windows and states.',
  });

const noCheckpoint = (directory: string): StreamjobError =>
  new StreamjobError('checkpoint-failed', `${directory} is no checkpoint: there is no meta.json.`, {
    remedy: 'Give the directory that the job has as its `checkpoint`.',
  });

const notWaiting = (directory: string, time: number | undefined): StreamjobError =>
  new StreamjobError(
    'bad-usage',
    time === undefined
      ? `No batch waits in ${directory}: there is nothing to skip.`
      : `The batch ${new Date(time).toISOString()} does not wait in ${directory}.`,
    { remedy: '`streamjob checkpoint show` tells which batches wait.' },
  );
