import { type Chunk, popped, pushed, topOf, turned, valuesFromTop } from './chunks.ts';

export type Merge = (a: unknown, b: unknown) => unknown;

/** Tells of two values that could not be merged. Throws if that ends the task. */
export type MergeFailed = (key: unknown, values: readonly [unknown, unknown], thrown: unknown) => void;

/**
 * The values of one key in a window, one for each batch that brought some, as a queue of two stacks (described as Two-Stacks in
 * Tangwongsan, Hirzel, Schneider: Low-Latency Sliding-Window Aggregation in Worst-Case Constant Time, 2017): entering, leaving
 * and joining all of them costs one merge each, on average. The front holds the older values, the oldest on top, each merged
 * with all younger ones of the front; the back holds the younger ones as they came.
 *
 * Which batch a value is of knows who calls: the oldest value leaves whenever a batch that brought one does.
 */
export class KeyWindow {
  readonly key: unknown;
  #front: Chunk | undefined;
  #back: Chunk | undefined;
  #backSize = 0;
  /** All of the back. */
  #backMerged: unknown;
  /** All of the back but its last value, which may be taken back. */
  #backBefore: unknown;
  /** How large the back is turned over for the first time. */
  readonly #firstTurn: number;

  /**
   * Keys that come in every batch would turn their backs over in the same slide, all together a whole window long.
   * Different `firstTurn`s, below the number of batches in the window, spread that out for ever.
   */
  constructor(key: unknown, firstTurn: number) {
    this.key = key;
    this.#firstTurn = firstTurn;
  }

  get isEmpty(): boolean {
    return this.#front === undefined && this.#back === undefined;
  }

  /** Adds a value that is younger than all others. False if it could not be merged, and is left out. */
  enter(value: unknown, merge: Merge, failed: MergeFailed): boolean {
    if (this.#front === undefined && this.#backSize === this.#firstTurn) this.#turn(this.#backSize, merge, failed);
    let merged = value;
    if (this.#back !== undefined) {
      try {
        merged = merge(this.#backMerged, value);
      } catch (thrown) {
        failed(this.key, [this.#backMerged, value], thrown);
        return false;
      }
    }
    this.#back = pushed(this.#back, value);
    this.#backSize++;
    this.#backBefore = this.#backMerged;
    this.#backMerged = merged;
    return true;
  }

  /** The value that entered last, unless others have left since then. */
  get youngest(): unknown {
    return topOf(this.#back!);
  }

  /** Takes the youngest value back. It is done only once after it was added, and before any others leave. */
  takeBack(): void {
    this.#back = popped(this.#back!);
    this.#backSize--;
    this.#backMerged = this.#backBefore;
  }

  /** Drops the oldest value. If it throws, nothing has changed. */
  leave(merge: Merge, failed: MergeFailed): void {
    if (this.#front === undefined) this.#turn(this.#backSize - 1, merge, failed);
    else this.#front = popped(this.#front);
  }

  /** All values merged, the oldest first. The window is not empty. */
  merged(merge: Merge): unknown {
    if (this.#front === undefined) return this.#backMerged;
    const older = topOf(this.#front);
    return this.#back === undefined ? older : merge(older, this.#backMerged);
  }

  /** The two values that `merged` merges. */
  get parts(): readonly [unknown, unknown] {
    return [this.#front && topOf(this.#front), this.#backMerged];
  }

  /** So many of the youngest values of the back become the front, which is empty. If it throws, nothing has changed. */
  #turn(staying: number, merge: Merge, failed: MergeFailed): void {
    const front: unknown[] = [];
    for (const value of valuesFromTop(this.#back, staying)) {
      front.push(front.length === 0 ? value : this.#withYounger(value, front.at(-1), merge, failed));
    }
    this.#front = turned(this.#back, front);
    this.#back = undefined;
    this.#backSize = 0;
    this.#backMerged = undefined;
    this.#backBefore = undefined;
  }

  /** A value that cannot be merged is left out. */
  #withYounger(value: unknown, younger: unknown, merge: Merge, failed: MergeFailed): unknown {
    try {
      return merge(value, younger);
    } catch (thrown) {
      failed(this.key, [value, younger], thrown);
      return younger;
    }
  }
}
