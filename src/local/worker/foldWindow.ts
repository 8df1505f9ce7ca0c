import { messageOf } from '../../base/errors.ts';
import type { WindowEntry } from '../../engine/keptEntries.ts';
import { KeyedTable } from '../../plan/keyedTable.ts';
import type { Span } from '../../plan/plan.ts';
import { KeyWindow, type Merge, type MergeFailed } from './keyWindow.ts';
import type { BatchStore } from './stores.ts';

interface BatchOfWindow {
  readonly time: number;
  /** Each has one value of the batch. */
  readonly windows: KeyWindow[];
  /** How many of these values have left, the first ones. */
  left: number;
}

/** One key's value in a batch. */
export interface Entering {
  readonly key: unknown;
  readonly value: unknown;
}

export interface Failure {
  /** Of the batch in which it failed. */
  readonly time: number;
  readonly record: unknown;
  readonly thrown: unknown;
}

/**
 * One partition of a window by key. A batch touches the keys that enter and those that leave, no others: each batch
 * remembers the keys that it brought.
 */
export class FoldWindow implements BatchStore {
  readonly #length: number;
  readonly #batchesInWindow: number;
  readonly #table = new KeyedTable<KeyWindow>();
  /** The oldest first. */
  readonly #batches: BatchOfWindow[] = [];
  #firstData: number | undefined;
  /** What failed in batches between slides waits for the next slide. */
  #failures: Failure[] = [];
  /** What was taken by the slide of a batch, which may be taken back. */
  #taken: { readonly time: number; readonly failures: readonly Failure[] } | undefined;
  #keysEver = 0;

  /** `step`: how many milliseconds lie between the batches that enter. */
  constructor({ length }: Span, step: number) {
    this.#length = length;
    this.#batchesInWindow = Math.max(1, Math.round(length / step));
  }

  /** What has left the window by the batch that is taken back has left by every later one too, so only entering is undone. */
  takeBack(after: number): void {
    const taken = this.#taken && this.#taken.time > after ? this.#taken.failures : [];
    this.#taken = undefined;
    this.#failures = [...taken, ...this.#failures].filter((failure) => failure.time <= after);
    const last = this.#batches.at(-1);
    if (last === undefined || last.time <= after) return;
    this.#batches.pop();
    if (this.#firstData === last.time) this.#firstData = undefined;
    for (const window of last.windows) {
      window.takeBack();
      this.#dropIfEmpty(window);
    }
  }

  get keys(): number {
    return this.#table.size;
  }

  /** True from the first value ever on. */
  get hadData(): boolean {
    return this.#firstData !== undefined;
  }

  hold(failure: Failure): void {
    this.#failures.push(failure);
  }

  /** The failures that were held, which are forgotten by the slide of this batch. */
  takeFailures(time: number): readonly Failure[] {
    const failures = this.#failures;
    this.#failures = [];
    this.#taken = { time, failures };
    return failures;
  }

  /** The window of a batch, younger than all before. */
  slide(time: number, batch: Iterable<Entering>, merge: Merge, failed: MergeFailed): void {
    this.#leave(time - this.#length, merge, failed);
    this.enter(time, batch, merge, failed);
  }

  /** Adds what a batch brought: the youngest, or more of it. */
  enter(time: number, batch: Iterable<Entering>, merge: Merge, failed: MergeFailed): void {
    const last = this.#batches.at(-1);
    const goesOn = last?.time === time;
    const windows: KeyWindow[] = goesOn ? last.windows : [];
    for (const { key, value } of batch) {
      const window = this.#table.find(key) ?? this.#add(key);
      if (!window.enter(value, merge, failed)) continue;
      // Noted one by one: if the next merge throws, all of the batch is taken back.
      windows.push(window);
      if (windows.length === 1) this.#batches.push({ time, windows, left: 0 });
    }
    if (windows.length > 0) this.#firstData ??= time;
  }

  /** An earlier run had data since then. */
  hadDataSince(time: number): void {
    this.#firstData = Math.min(time, this.#firstData ?? time);
  }

  changes(time: number): readonly WindowEntry[] {
    const last = this.#batches.at(-1);
    const brought = last?.time === time ? last : undefined;
    const took = this.#taken?.time === time && this.#taken.failures.length > 0;
    if (!brought && this.#failures.length === 0 && !took) return [];
    const entries: WindowEntry[] = [[this.#firstData ?? null]];
    for (const { time, record, thrown } of this.#failures) entries.push([time, record, messageOf(thrown)]);
    for (const window of brought?.windows ?? []) entries.push([window.key, window.youngest]);
    return entries;
  }

  all(time: number): readonly WindowEntry[] {
    return this.changes(time);
  }

  /** `[key, merged]` of every key in the window. */
  *pairs(merge: Merge, failed: MergeFailed): Generator<[key: unknown, merged: unknown], void, undefined> {
    for (const [key, window] of this.#table) {
      try {
        yield [key, window.merged(merge)];
      } catch (thrown) {
        failed(key, window.parts, thrown);
      }
    }
  }

  #leave(until: number, merge: Merge, failed: MergeFailed): void {
    const staying = this.#batches.findIndex(({ time }) => time > until);
    const leaving = this.#batches.slice(0, staying < 0 ? this.#batches.length : staying);
    for (const batch of leaving) {
      // Counted one by one: what a merge that throws keeps from leaving leaves when the batch is run again.
      for (const { windows } = batch; batch.left < windows.length; batch.left++) {
        const window = windows[batch.left]!;
        window.leave(merge, failed);
        this.#dropIfEmpty(window);
      }
    }
    this.#batches.splice(0, leaving.length);
  }

  #dropIfEmpty(window: KeyWindow): void {
    if (window.isEmpty) this.#table.delete(window.key);
  }

  #add(key: unknown): KeyWindow {
    const firstTurn = 1 + Math.floor(spread(this.#keysEver++) * this.#batchesInWindow);
    const window = new KeyWindow(key, firstTurn);
    this.#table.add(key, window);
    return window;
  }
}

/** Numbers in [0, 1) that lie evenly, however many there are: multiples of the golden ratio. */
const spread = (index: number): number => (index * 0.618_033_988_749_895) % 1;
