export type Merge = (a: unknown, b: unknown) => unknown;

/** Tells of two values that could not be merged. Throws if that ends the task. */
export type MergeFailed = (key: unknown, values: readonly [unknown, unknown], thrown: unknown) => void;

/**
 * The values of one key in a window, one for each batch that brought some, as a queue of two stacks: entering, leaving and
 * joining all of them costs one merge each, on average. The front holds the older values, the oldest on top, each merged with
 * all younger ones of the front; the back holds the younger ones as they came.
 *
 * Stacks of numbers side by side and not of objects: a window has millions of entries.
 */
export class KeyWindow {
  readonly key: unknown;
  #frontTimes: number[] = [];
  #frontMerged: unknown[] = [];
  #backTimes: number[] = [];
  #backValues: unknown[] = [];
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
    return this.#frontTimes.length === 0 && this.#backTimes.length === 0;
  }

  /** Adds the value of a batch that is younger than all others. */
  enter(time: number, value: unknown, merge: Merge, failed: MergeFailed): void {
    if (this.#frontTimes.length === 0 && this.#backTimes.length === this.#firstTurn) this.#turn(0, merge, failed);
    let merged = value;
    if (this.#backTimes.length > 0) {
      try {
        merged = merge(this.#backMerged, value);
      } catch (thrown) {
        return failed(this.key, [this.#backMerged, value], thrown);
      }
    }
    this.#backTimes.push(time);
    this.#backValues.push(value);
    this.#backBefore = this.#backMerged;
    this.#backMerged = merged;
  }

  /** The value of the youngest batch, if it is this one. */
  entered(time: number): { readonly value: unknown } | undefined {
    return this.#backTimes.at(-1) === time ? { value: this.#backValues.at(-1) } : undefined;
  }

  /** Takes the value of the youngest batch back. It is done only once after it was added. */
  takeBack(time: number): void {
    if (this.#backTimes.at(-1) !== time) return;
    this.#backTimes.pop();
    this.#backValues.pop();
    this.#backMerged = this.#backBefore;
  }

  /** Drops the values of all batches up to a time. */
  leave(until: number, merge: Merge, failed: MergeFailed): void {
    const times = this.#frontTimes;
    while (times.length > 0 && times.at(-1)! <= until) {
      times.pop();
      this.#frontMerged.pop();
    }
    if (times.length > 0 || this.#backTimes.length === 0 || this.#backTimes[0]! > until) return;
    const staying = this.#backTimes.findIndex((time) => time > until);
    this.#turn(staying < 0 ? this.#backTimes.length : staying, merge, failed);
  }

  /** All values merged, the oldest first. The window is not empty. */
  merged(merge: Merge): unknown {
    if (this.#frontTimes.length === 0) return this.#backMerged;
    const older = this.#frontMerged.at(-1);
    return this.#backTimes.length === 0 ? older : merge(older, this.#backMerged);
  }

  /** The two values that `merged` merges. */
  get parts(): readonly [unknown, unknown] {
    return [this.#frontMerged.at(-1), this.#backMerged];
  }

  /** The back, from an index on, becomes the front, which is empty. If it throws, nothing has changed. */
  #turn(from: number, merge: Merge, failed: MergeFailed): void {
    const times: number[] = [];
    const merged: unknown[] = [];
    for (let i = this.#backTimes.length - 1; i >= from; i--) {
      const value = this.#backValues[i];
      merged.push(merged.length === 0 ? value : this.#withYounger(value, merged.at(-1), merge, failed));
      times.push(this.#backTimes[i]!);
    }
    this.#frontTimes = times;
    this.#frontMerged = merged;
    this.#backTimes = [];
    this.#backValues = [];
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
