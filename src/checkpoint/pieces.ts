import type { KeptPiece } from '../engine/keptPiece.ts';
import { keepersOf } from '../plan/kept.ts';
import type { Plan } from '../plan/plan.ts';

/** Milliseconds, by keeper: how long before a batch the pieces of a window are still needed. */
export type Spans = { readonly [keeper: string]: number };

/** Places of pieces: offsets by file. */
export type Places = { readonly [file: string]: readonly number[] };

/**
 * What has failed in a window waits for its next slide, which may be longer than the window: so the longer of the two counts.
 */
export function spansOf(plan: Plan): Spans {
  const spans: Record<string, number> = {};
  for (const { id, node } of keepersOf(plan)) {
    const span = node.kind === 'window' ? node : node.kind === 'fold' ? node.window : undefined;
    if (span) spans[id] = Math.max(span.length, span.slide);
  }
  return spans;
}

/** The pieces of windows and states that count, as the entries of a journal add up, and the files that hold none any more. */
export class Pieces {
  readonly #byKeeper = new Map<string, KeptPiece[]>();
  /** How many pieces that count each file has. */
  readonly #inFile = new Map<string, number>();
  readonly #emptied = new Set<string>();
  readonly #bytes = new Map<string, number>();
  /** The newest file of each writer: no older one is written any more. */
  readonly #newest = new Map<string, number>();
  spans: Spans = {};

  /** In the order in which they are put together, per keeper. */
  get byKeeper(): ReadonlyMap<string, readonly KeptPiece[]> {
    return this.#byKeeper;
  }

  get all(): readonly KeptPiece[] {
    return [...this.#byKeeper.values()].flat();
  }

  /** By keeper: how many bytes its pieces have. */
  get bytes(): ReadonlyMap<string, number> {
    return this.#bytes;
  }

  add(pieces: readonly KeptPiece[]): void {
    for (const piece of pieces) {
      const known = this.#byKeeper.get(piece.keeper);
      if (known) known.push(piece);
      else this.#byKeeper.set(piece.keeper, [piece]);
      this.#count(piece);
    }
  }

  /** Merged pieces come in front of those that they are not made of: these are newer. */
  replace(of: Places, merged: readonly KeptPiece[]): void {
    const gone = new Set(Object.entries(of).flatMap(([file, offsets]) => offsets.map((offset) => `${file}@${offset}`)));
    for (const [keeper, known] of this.#byKeeper) {
      const leaving = new Set(known.filter(({ file, offset }) => gone.has(`${file}@${offset}`)));
      if (leaving.size === 0) continue;
      const added = merged.filter((piece) => piece.keeper === keeper);
      const pieces = [...added, ...known.filter((piece) => !leaving.has(piece))].sort((a, b) => a.time - b.time);
      this.#byKeeper.set(keeper, pieces);
      for (const piece of added) this.#count(piece);
      for (const piece of leaving) this.#discount(piece);
    }
  }

  /** As if the keeper had never been. */
  drop(keeper: string): void {
    for (const piece of this.#byKeeper.get(keeper) ?? []) this.#discount(piece);
    this.#byKeeper.delete(keeper);
    this.#bytes.delete(keeper);
  }

  /**
   * The batch of this time is done: what is in no window after it leaves. The newest pieces stay, for they tell that
   * there has been something.
   */
  leave(time: number): void {
    for (const [keeper, span] of Object.entries(this.spans)) {
      const pieces = this.#byKeeper.get(keeper);
      if (!pieces) continue;
      const newest = pieces.at(-1)!.time;
      const stays = pieces.findIndex((piece) => piece.time > time - span || piece.time === newest);
      for (const piece of pieces.splice(0, stays)) this.#discount(piece);
    }
  }

  has(file: string): boolean {
    return this.#inFile.has(file);
  }

  /**
   * The files that have lost all of their pieces, each named once. What is written into this run's newest file of a writer may yet count: it
   * waits for the writer to begin another one.
   */
  takeEmptied(run: string): readonly string[] {
    const files = [...this.#emptied].filter((file) => !file.startsWith(`${run}-`) || !this.#isNewest(file));
    for (const file of files) {
      this.#emptied.delete(file);
      if (this.#isNewest(file)) this.#newest.delete(writerOf(file)[0]);
    }
    return files;
  }

  #isNewest(file: string): boolean {
    const [writer, number] = writerOf(file);
    return this.#newest.get(writer) === number;
  }

  #count({ keeper, file, bytes }: KeptPiece): void {
    this.#bytes.set(keeper, (this.#bytes.get(keeper) ?? 0) + bytes);
    this.#inFile.set(file, (this.#inFile.get(file) ?? 0) + 1);
    this.#emptied.delete(file);
    const [writer, number] = writerOf(file);
    this.#newest.set(writer, Math.max(number, this.#newest.get(writer) ?? 0));
  }

  #discount({ keeper, file, bytes }: KeptPiece): void {
    this.#bytes.set(keeper, this.#bytes.get(keeper)! - bytes);
    const left = this.#inFile.get(file)! - 1;
    if (left > 0) this.#inFile.set(file, left);
    else {
      this.#inFile.delete(file);
      this.#emptied.add(file);
    }
  }
}

/** `3-1-state-12` is the twelfth file of the writer `3-1-state`. */
function writerOf(file: string): readonly [string, number] {
  const dash = file.lastIndexOf('-');
  return [file.slice(0, dash), Number(file.slice(dash + 1))];
}
