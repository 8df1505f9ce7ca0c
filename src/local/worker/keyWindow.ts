export type Merge = (a: unknown, b: unknown) => unknown;

/** Tells of two values that could not be merged. Throws if that ends the task. */
export type MergeFailed = (key: unknown, values: readonly [unknown, unknown], thrown: unknown) => void;

/**
 * The values of one key in a window, one for each batch that brought some, as a queue of two stacks: entering, leaving and
 * joining all of them costs one merge each, on average. The front holds the older values, the oldest on top, each merged with
 * all younger ones of the front; the back holds the younger ones as they came. Batches go by growing numbers.
 *
 * A stack is one list in which each value follows the number of its batch, and not a list of objects: a window has millions of
 * entries, and what a slide costs is the number of places in memory that it touches for each key.
 */
export class KeyWindow {
  readonly key: unknown;
  #front: unknown[] = [];
  #back: unknown[] = [];
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
    return this.#front.length === 0 && this.#back.length === 0;
  }

  /** Adds the value of a batch that is younger than all others. */
  enter(batch: number, value: unknown, merge: Merge, failed: MergeFailed): void {
    if (this.#front.length === 0 && this.#back.length === 2 * this.#firstTurn) this.#turn(0, merge, failed);
    let merged = value;
    if (this.#back.length > 0) {
      try {
        merged = merge(this.#backMerged, value);
      } catch (thrown) {
        return failed(this.key, [this.#backMerged, value], thrown);
      }
    }
    this.#back.push(batch, value);
    this.#backBefore = this.#backMerged;
    this.#backMerged = merged;
  }

  /** The value of the youngest batch, if it is this one. */
  entered(batch: number): { readonly value: unknown } | undefined {
    return this.#back.at(-2) === batch ? { value: this.#back.at(-1) } : undefined;
  }

  /** Takes the value of the youngest batch back. It is done only once after it was added. */
  takeBack(batch: number): void {
    if (this.#back.at(-2) !== batch) return;
    dropTop(this.#back);
    this.#backMerged = this.#backBefore;
  }

  /** Drops the values of all batches up to one. */
  leave(until: number, merge: Merge, failed: MergeFailed): void {
    const [front, back] = [this.#front, this.#back];
    while (front.length > 0 && (front.at(-2) as number) <= until) dropTop(front);
    if (front.length > 0) return;
    let staying = 0;
    while (staying < back.length && (back[staying] as number) <= until) staying += 2;
    if (staying > 0) this.#turn(staying, merge, failed);
  }

  /** All values merged, the oldest first. The window is not empty. */
  merged(merge: Merge): unknown {
    if (this.#front.length === 0) return this.#backMerged;
    const older = this.#front.at(-1);
    return this.#back.length === 0 ? older : merge(older, this.#backMerged);
  }

  /** The two values that `merged` merges. */
  get parts(): readonly [unknown, unknown] {
    return [this.#front.at(-1), this.#backMerged];
  }

  /** The back, from an index on, becomes the front, which is empty. If it throws, nothing has changed. */
  #turn(from: number, merge: Merge, failed: MergeFailed): void {
    const front: unknown[] = [];
    for (let i = this.#back.length - 2; i >= from; i -= 2) {
      const value = this.#back[i + 1];
      const merged = front.length === 0 ? value : this.#withYounger(value, front.at(-1), merge, failed);
      front.push(this.#back[i], merged);
    }
    this.#front = front;
    this.#back = [];
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

/** Drops a value and the number of its batch. */
function dropTop(stack: unknown[]): void {
  stack.pop();
  stack.pop();
}
