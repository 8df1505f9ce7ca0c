import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { framesOf, KeptReader, KeptWriter } from '../engine/keptFile.ts';
import type { KeptPiece } from '../engine/keptPiece.ts';
import { mergedState } from '../engine/mergedState.ts';
import type { Merge } from './merges.ts';

export interface MergeWork {
  readonly directory: string;
  /** Begins the names of the files that are written; nobody else has it. */
  readonly name: string;
  readonly merges: readonly Merge[];
}

/** Gives the results, synced, in the order of the merges. After an error, such as a full disk, nothing of them is left in the way. */
export async function mergeFiles({ directory, name, merges }: MergeWork): Promise<KeptPiece[]> {
  const made: KeptPiece[] = [];
  try {
    for (const [index, merge] of merges.entries()) made.push(await merged(directory, `${name}.${index}`, merge));
  } catch (error) {
    for (const index of merges.keys()) await rm(join(directory, `${name}.${index}-1`), { force: true });
    throw error;
  }
  return made;
}

/** Each result has a file of its own: a small one would keep a large one's place on the disk. */
async function merged(directory: string, name: string, { pieces, share, whole }: Merge): Promise<KeptPiece> {
  const { partition, partitions } = share;
  const { keeper, time } = pieces.at(-1)!;
  const head = { keeper, kind: 'state', time, partition, partitions, ...(whole && { whole }) } as const;
  const reader = new KeptReader(directory);
  const writer = new KeptWriter(directory, name);
  try {
    const piece = await writer.piece(head, framesOf(mergedState(reader, pieces, share, whole)));
    await writer.sync();
    return piece;
  } finally {
    reader.close();
    await writer.close();
  }
}
