import { overlap, type Share } from '../engine/keptEntries.ts';
import type { KeptPiece } from '../engine/keptPiece.ts';
import type { Places } from './pieces.ts';

/** Pieces of one state, in their order, that are to be put together for one partition. */
export interface Merge {
  readonly pieces: readonly KeptPiece[];
  readonly share: Share;
  /** They begin with the first piece of all, so the result is all that the state has. */
  readonly whole: boolean;
}

/** So many pieces of a partition that could be put together are too many to leave them to the next start. */
const many = 16;

/** What is to be merged of a state, whose pieces are given in their order. */
export function mergesOf(pieces: readonly KeptPiece[]): readonly Merge[] {
  const newest = pieces.at(-1);
  if (newest?.kind !== 'state') return [];
  return pieces.every(({ partitions }) => partitions === newest.partitions)
    ? mergesByPartition(pieces)
    : mergesAnew(pieces, newest.partitions);
}

/** Whether a start would have to read many pieces that could be few. */
export const isOverdue = (pieces: readonly KeptPiece[]): boolean =>
  mergesOf(pieces).some((merge) => merge.pieces.length >= many);

/** Where the pieces lie for which the results stand. */
export function placesOf(merges: readonly Merge[]): Places {
  const places: Record<string, number[]> = {};
  for (const { file, offset } of new Set(merges.flatMap(({ pieces }) => pieces))) (places[file] ??= []).push(offset);
  return places;
}

function mergesByPartition(pieces: readonly KeptPiece[]): Merge[] {
  const byPartition = new Map<number, KeptPiece[]>();
  for (const piece of pieces) {
    const known = byPartition.get(piece.partition);
    if (known) known.push(piece);
    else byPartition.set(piece.partition, [piece]);
  }
  return [...byPartition.values()].flatMap((own) => {
    const start = startOfMerge(own);
    if (start >= own.length - 1) return [];
    return [{ pieces: own.slice(start), share: own[0]!, whole: start === 0 }];
  });
}

/**
 * Where those begin that are worth merging: a piece is if what is newer amounts to half of it. So each entry is written anew a number of
 * times that grows with the logarithm of the size, and so does the number of pieces that are left.
 */
function startOfMerge(pieces: readonly KeptPiece[]): number {
  let start = pieces.length - 1;
  for (let newer = pieces[start]!.bytes; start > 0 && pieces[start - 1]!.bytes <= 2 * newer; start--)
    newer += pieces[start - 1]!.bytes;
  return start;
}

/** The number of partitions has changed: everything is written once with the newest. */
const mergesAnew = (pieces: readonly KeptPiece[], partitions: number): Merge[] =>
  Array.from({ length: partitions }, (_, partition) => {
    const share = { partition, partitions };
    return { pieces: pieces.filter((piece) => overlap(piece, share)), share, whole: true };
  });
