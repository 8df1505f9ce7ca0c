import type { JsonValue } from '../base/json.ts';
import type { Memory, Partition } from '../component/source.ts';
import { isStored, type StoredBlock } from '../engine/blockFile.ts';
import type { KeptPiece } from '../engine/keptPiece.ts';
import { Pieces, type Places, type Spans } from './pieces.ts';

/** What is written into the journal. Sources go by their names: the numbers of nodes change with the job. */
export type Entry =
  | { readonly zero: number }
  /** The newest batch planned; only where the batches themselves are no longer told. */
  | { readonly last: number }
  | { readonly planned: number; readonly inputs: Inputs }
  /** With what it has changed in windows and states. */
  | { readonly done: number; readonly failed?: boolean; readonly kept?: readonly KeptPiece[] }
  /** A batch that a person has decided to leave out. */
  | { readonly skipped: number; readonly at: number; readonly inputs: Inputs }
  | { readonly source: string; readonly memory: { readonly [key: string]: JsonValue } }
  /** Received data is in batches up to here. */
  | { readonly source: string; readonly taken: Position }
  /** What windows and states hold, where the batches are no longer told. */
  | { readonly kept: readonly KeptPiece[] }
  /** Pieces of states stand for those that lie at these places. */
  | { readonly merged: readonly KeptPiece[]; readonly of: Places }
  | { readonly spans: Spans }
  /** A person has decided that what a step holds is forgotten. */
  | { readonly dropped: string };

export type Inputs = { readonly [source: string]: readonly Partition[] };

/** A place in the files of received blocks. */
export interface Position {
  readonly file: number;
  readonly offset: number;
}

/** Batches left out are told for ever, but not more of them than this. */
const skippedKept = 100;

/** What the entries of a journal add up to. */
export class JournalState {
  zero: number | undefined;
  last: number | undefined;
  /** Planned and not done, oldest first. */
  readonly waiting = new Map<number, Inputs>();
  readonly memory = new Map<string, Map<string, JsonValue>>();
  readonly taken = new Map<string, Position>();
  readonly pieces = new Pieces();
  skipped: Extract<Entry, { skipped: number }>[] = [];

  apply(entry: Entry): void {
    if ('zero' in entry) this.zero = entry.zero;
    else if ('last' in entry) this.last = entry.last;
    else if ('planned' in entry) this.#plan(entry.planned, entry.inputs);
    else if ('done' in entry) this.#done(entry);
    else if ('skipped' in entry) this.#skip(entry);
    else if ('memory' in entry) this.#remember(entry.source, entry.memory);
    else if ('taken' in entry) this.taken.set(entry.source, entry.taken);
    else this.#keep(entry);
  }

  /** Entries that add up to the same. */
  *entries(): Generator<Entry> {
    if (this.zero !== undefined) yield { zero: this.zero };
    for (const [source, memory] of this.memory) yield { source, memory: Object.fromEntries(memory) };
    for (const [source, taken] of this.taken) yield { source, taken };
    for (const [planned, inputs] of this.waiting) yield { planned, inputs };
    if (Object.keys(this.pieces.spans).length > 0) yield { spans: this.pieces.spans };
    for (const kept of this.pieces.byKeeper.values()) yield { kept };
    yield* this.skipped;
    if (this.last !== undefined) yield { last: this.last };
  }

  /** The first file of a source's blocks that is still needed. */
  firstFileNeeded(source: string): number {
    let first = this.taken.get(source)?.file ?? 0;
    for (const inputs of this.waiting.values())
      for (const block of blocksIn(inputs[source] ?? [])) first = Math.min(first, positionOf(block).file);
    return first;
  }

  #plan(time: number, inputs: Inputs): void {
    this.waiting.set(time, inputs);
    this.last = time;
    for (const [source, partitions] of Object.entries(inputs)) {
      const newest = blocksIn(partitions).at(-1);
      if (newest) this.taken.set(source, positionOf(newest));
    }
  }

  #done({ done, failed, kept = [] }: Extract<Entry, { done: number }>): void {
    this.#end(done, failed);
    this.pieces.add(kept);
    this.pieces.leave(done);
  }

  #keep(
    entry: Extract<Entry, { kept: unknown } | { merged: unknown } | { spans: unknown } | { dropped: unknown }>,
  ): void {
    if ('merged' in entry) this.pieces.replace(entry.of, entry.merged);
    else if ('dropped' in entry) this.pieces.drop(entry.dropped);
    else if ('spans' in entry) this.pieces.spans = entry.spans;
    else if (entry.kept) this.pieces.add(entry.kept);
  }

  #end(time: number, failed = false): void {
    this.waiting.delete(time);
    if (failed) this.#forgetPlans(time);
  }

  /** What was to be done after the batch, such as to delete its files, is not to be done. */
  #forgetPlans(time: number): void {
    for (const memory of this.memory.values())
      for (const key of memory.keys()) if (key.startsWith(`@${time}/`)) memory.delete(key);
  }

  #skip(entry: Extract<Entry, { skipped: number }>): void {
    this.#end(entry.skipped, true);
    this.skipped = [...this.skipped, entry].slice(-skippedKept);
  }

  #remember(source: string, changes: { readonly [key: string]: JsonValue }): void {
    const memory = this.memory.get(source) ?? new Map<string, JsonValue>();
    this.memory.set(source, memory);
    apply(memory, Object.entries(changes));
  }
}

/** A memory after changes. */
export function changed(memory: Memory | undefined, changes: Memory): Map<string, JsonValue> {
  const after = new Map(memory);
  apply(after, changes);
  return after;
}

function apply(memory: Map<string, JsonValue>, changes: Iterable<readonly [string, JsonValue]>): void {
  for (const [key, value] of changes) {
    if (value === null) memory.delete(key);
    else memory.set(key, value);
  }
}

/** The stored blocks among the splits, in their order. */
const blocksIn = (partitions: readonly Partition[]): StoredBlock[] => partitions.flat().filter(isStored);

/** `tweets/7` at 120 is file 7. */
const positionOf = ({ file, offset }: StoredBlock): Position => ({
  file: Number(file.slice(file.lastIndexOf('/') + 1)),
  offset,
});
