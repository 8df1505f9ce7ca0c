import {
  covers,
  hasFirstOf,
  holdsKey,
  overlap,
  type Share,
  valuesOf,
  type WindowEntry,
} from '../../engine/keptEntries.ts';
import type { KeptReader } from '../../engine/keptFile.ts';
import type { KeptPiece } from '../../engine/keptPiece.ts';
import type { FoldNode } from '../../plan/plan.ts';
import type { Entering, FoldWindow } from './foldWindow.ts';
import { checkHeap } from './heap.ts';
import type { Merge, MergeFailed } from './keyWindow.ts';

export interface Restoring {
  readonly reader: KeptReader;
  /** The oldest first. */
  readonly pieces: readonly KeptPiece[];
  /** The partition, and the batch that comes next. */
  readonly task: Share & { readonly time: number };
}

/** Brings a window by key to what an earlier run or thread had. Throws `checkpoint-damaged`. */
export function restoreWindow(
  window: FoldWindow,
  node: FoldNode,
  merge: Merge,
  { reader, pieces, task }: Restoring,
): void {
  const mine = pieces.filter((piece) => overlap(piece, task));
  for (const [i, piece] of mine.entries()) {
    const entries = valuesOf(reader, piece) as Iterable<WindowEntry>;
    const values = brought(entries, window, isNewest(mine, i) && hasFirstOf(task, piece));
    if (piece.time > task.time - node.window!.length) {
      const own = covers(task, piece) ? values : ofPartition(task, values);
      window.enter(piece.time, own, merge, failedBefore(node));
    } else values.next();
    checkHeap();
  }
}

/** Whether no later batch has a piece for any of its keys. Mostly the next one has: there may be as many as batches in a week. */
function isNewest(pieces: readonly KeptPiece[], index: number): boolean {
  const piece = pieces[index]!;
  for (let i = index + 1; i < pieces.length; i++) {
    if (pieces[i]!.time > piece.time && overlap(pieces[i]!, piece)) return false;
  }
  return true;
}

/** What the batch of a piece brought. What the piece says before that is told to the window; what waits there only if it `waits` still. */
function* brought(
  entries: Iterable<WindowEntry>,
  window: FoldWindow,
  waits: boolean,
): Generator<Entering, void, undefined> {
  for (const entry of entries) {
    if (entry.length === 2) yield { key: entry[0], value: entry[1] };
    else if (entry.length === 3) {
      if (waits) window.hold({ time: entry[0], record: entry[1], thrown: new Error(entry[2]) });
    } else if (entry[0] !== null) window.hadDataSince(entry[0]);
  }
}

function* ofPartition(share: Share, values: Iterable<Entering>): Generator<Entering, void, undefined> {
  for (const entering of values) if (holdsKey(share, entering.key)) yield entering;
}

/** What cannot be merged has been told of when it came. */
const failedBefore =
  ({ onError }: FoldNode): MergeFailed =>
  (_key, _values, thrown) => {
    if (onError === undefined) throw thrown;
  };
