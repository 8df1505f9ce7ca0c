import { keyGroup, partitionOfGroup } from '../plan/hash.ts';
import { keyGroups } from '../plan/plan.ts';
import { WireReader } from '../plan/wire.ts';
import type { KeptReader } from './keptFile.ts';
import type { KeptPiece } from './keptPiece.ts';

/**
 * What a piece of a state holds, one entry for each key, in no order: a key with its state and the batch that touched it last; a key that was
 * only touched; a key without a state any more. States without a timeout have the batch that changed them last.
 */
export type StateEntry =
  | readonly [key: unknown, state: unknown, touched: number]
  | readonly [key: unknown, touched: number]
  | readonly [key: unknown];

/**
 * What a piece of a window by key holds: first of all the batch that brought the first data ever, or null; then what has failed and waits
 * for the next slide, of this batch and earlier ones; then what the batch brought.
 */
export type WindowEntry =
  | readonly [firstData: number | null]
  | readonly [time: number, record: unknown, message: string]
  | readonly [key: unknown, value: unknown];

/** A partition out of so many. */
export type Share = Pick<KeptPiece, 'partition' | 'partitions'>;

/** The values of a piece, one after the other. Throws `checkpoint-damaged` before the first one. */
export function* valuesOf(reader: KeptReader, piece: KeptPiece): Generator<unknown, void, undefined> {
  for (const frame of reader.frames(piece)) {
    const values = new WireReader(frame);
    while (!values.done) yield values.read();
  }
}

/** The entries of pieces, in their order, whose keys belong to a partition. */
export function* stateEntries(
  reader: KeptReader,
  pieces: readonly KeptPiece[],
  share: Share,
): Generator<StateEntry, void, undefined> {
  for (const piece of pieces) {
    if (!overlap(piece, share)) continue;
    const all = covers(share, piece);
    for (const entry of valuesOf(reader, piece) as Iterable<StateEntry>) {
      if (all || holdsKey(share, entry[0])) yield entry;
    }
  }
}

/** Whether a key is of a partition. */
export const holdsKey = ({ partition, partitions }: Share, key: unknown): boolean =>
  partitionOfGroup(keyGroup(key), partitions) === partition;

/** Whether there are key groups that both have. */
export function overlap(one: Share, other: Share): boolean {
  const [from, to] = groupsOf(one);
  const [start, end] = groupsOf(other);
  return from < end && start < to;
}

/** Whether `one` has all key groups of `other`. */
export function covers(one: Share, other: Share): boolean {
  const [from, to] = groupsOf(one);
  const [start, end] = groupsOf(other);
  return from <= start && end <= to;
}

/** Of the partitions out of some number that `other` overlaps, one begins with it, or has its beginning: is it `one`? */
export function hasFirstOf(one: Share, other: Share): boolean {
  const [from, to] = groupsOf(one);
  const [first] = groupsOf(other);
  return from <= first && first < to;
}

/** From the first of its groups to the one after the last. */
const groupsOf = ({ partition, partitions }: Share): readonly [number, number] => [
  Math.ceil((partition * keyGroups) / partitions),
  Math.ceil(((partition + 1) * keyGroups) / partitions),
];
