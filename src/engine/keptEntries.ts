import { keyGroup, partitionOfGroup } from '../plan/hash.ts';
import { KeyedTable } from '../plan/keyedTable.ts';
import { keyGroups } from '../plan/plan.ts';
import { WireReader } from '../plan/wire.ts';
import type { KeptReader } from './keptFile.ts';
import type { KeptPiece } from './keptPiece.ts';

/**
 * What a piece of a state holds, the keys that were touched earlier first: a key with its state and the batch that touched it last; a
 * key that was only touched; a key without a state any more. States without a timeout have the batch that changed them last.
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

interface Merged {
  /** Absent if the pieces do not say. */
  state?: { readonly value: unknown };
  /** Undefined: removed. */
  touched: number | undefined;
}

/**
 * Pieces of one state, from the oldest to the newest, put together for one partition. `whole`: the first of them begin with
 * nothing, so that what is removed need not be said. The result is in the order of touch; one copy of each key is held.
 */
export function mergedState(
  reader: KeptReader,
  pieces: readonly KeptPiece[],
  share: Share,
  whole: boolean,
): readonly StateEntry[] {
  const table = new KeyedTable<Merged>();
  for (const entry of stateEntries(reader, pieces, share)) apply(table, entry);
  const entries: StateEntry[] = [];
  for (const [key, { state, touched }] of table) {
    if (touched === undefined) entries.push([key]);
    else entries.push(state ? [key, state.value, touched] : [key, touched]);
    table.delete(key);
  }
  const said = whole ? entries.filter((entry) => entry.length > 1) : entries;
  return said.sort((a, b) => touchedOf(a) - touchedOf(b));
}

function apply(table: KeyedTable<Merged>, entry: StateEntry): void {
  const [key] = entry;
  let merged = table.find(key);
  if (!merged) {
    merged = { touched: undefined };
    table.add(key, merged);
  }
  merged.touched = entry.length === 1 ? undefined : (entry.at(-1) as number);
  if (entry.length === 3) merged.state = { value: entry[1] };
  else if (entry.length === 1) delete merged.state;
}

const touchedOf = (entry: StateEntry): number =>
  entry.length === 1 ? Number.NEGATIVE_INFINITY : (entry.at(-1) as number);
