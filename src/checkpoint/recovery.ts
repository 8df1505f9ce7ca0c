import { join } from 'node:path';
import { StreamjobError } from '../base/errors.ts';
import type { Batch } from '../engine/engine.ts';
import type { NodeId, Plan } from '../plan/plan.ts';
import { requireFit } from './fit.ts';
import { readLog } from './log.ts';
import { type Meta, readMeta, sourcesOf } from './meta.ts';
import { type Entry, type Inputs, JournalState } from './state.ts';

/** What lies in a checkpoint directory. */
export const filesOf = (directory: string) => ({
  lock: join(directory, 'lock'),
  meta: join(directory, 'meta.json'),
  journal: join(directory, 'journal'),
  blocks: join(directory, 'blocks'),
  state: join(directory, 'state'),
});

export interface Checkpoint {
  /** Absent if there has been no run. */
  readonly meta?: Meta;
  readonly state: JournalState;
  /** What the state was added up of. */
  readonly lines: readonly (readonly Entry[])[];
  /** Bytes at the end of the journal that were never written whole. */
  readonly torn: number;
}

/**
 * Reads what a directory says. Throws StreamjobError `checkpoint-damaged`, and `checkpoint-foreign` if it does not fit the plan.
 */
export async function readCheckpoint(directory: string, plan?: Plan): Promise<Checkpoint> {
  const files = filesOf(directory);
  const meta = await readMeta(files.meta);
  const log = await readLog<readonly Entry[]>(files.journal);
  const state = new JournalState();
  for (const entry of log?.lines.flat() ?? []) state.apply(entry);
  if (meta && !log) throw missing(files.journal, 'meta.json');
  if (!meta && state.zero !== undefined) throw missing(files.meta, 'the journal');
  if (meta && plan) requireFit(directory, { meta, pieces: state.pieces }, plan);
  return { ...(meta && { meta }), state, lines: log?.lines ?? [], torn: log?.torn ?? 0 };
}

const missing = (path: string, beside: string): StreamjobError =>
  new StreamjobError('checkpoint-damaged', `${path} is missing, and ${beside} is there.`, {
    remedy: 'Bring the checkpoint back from a backup, or begin anew with --fresh.',
  });

/** Batches that wait cannot be run again without the sources that they read. */
export function requireSources(directory: string, { waiting }: JournalState, plan: Plan): void {
  const known = new Set(sourcesOf(plan).map(({ origin }) => origin.name));
  for (const [time, inputs] of waiting) {
    const gone = Object.keys(inputs).find((source) => !known.has(source));
    if (gone === undefined) continue;
    const batch = new Date(time).toISOString();
    throw new StreamjobError(
      'checkpoint-foreign',
      `The batch ${batch} was not finished and reads the source ${gone}, which the job no longer has.`,
      {
        remedy: `Run the job once more with it, or leave the batch out with \`streamjob checkpoint skip ${directory}\`.`,
      },
    );
  }
}

export const inputsByNode = (inputs: Inputs, ids: ReadonlyMap<string, NodeId>): Batch['inputs'] =>
  new Map(
    Object.entries(inputs)
      .map(([source, partitions]) => [ids.get(source)!, partitions] as const)
      .sort(([a], [b]) => a - b),
  );
