import { Worker } from 'node:worker_threads';
import { messageOf } from '../base/errors.ts';
import type { KeptPiece } from '../engine/keptPiece.ts';
import type { MergeWork } from './mergeFiles.ts';
import { isOverdue, type Merge, mergesOf, placesOf } from './merges.ts';
import type { Places } from './pieces.ts';

export interface MergingOptions {
  /** Where the pieces lie. */
  readonly directory: string;
  /** No other run has it. */
  readonly run: string;
  /** Milliseconds. */
  readonly interval: number;
  /** Those that count, per keeper in their order. */
  pieces(): ReadonlyMap<string, readonly KeptPiece[]>;
  /** Writes down that pieces stand for those at these places. */
  replace(of: Places, merged: readonly KeptPiece[]): Promise<void>;
  log(level: 'info' | 'warn', message: string): void;
}

/**
 * Puts pieces of states together from time to time, on a thread of its own that reads files and ends, so that the memory it has needed is
 * free again. What is not finished counts for nothing; what has failed is tried again the next time.
 */
export class Merging {
  readonly #options: MergingOptions;
  #timer: NodeJS.Timeout | undefined;
  #begun = false;
  #thread: Worker | undefined;
  #running: Promise<void> | undefined;
  #threads = 0;
  #lastFailure: string | undefined;

  constructor(options: MergingOptions) {
    this.#options = options;
  }

  /** From now on there are batches. What earlier runs were too short for is not put off. */
  begin(): void {
    if (this.#begun) return;
    this.#begun = true;
    this.#schedule(this.#isOverdue() ? 0 : this.#options.interval);
  }

  /** `finish`: jobs that are always short must come to merge at some time, too. */
  async close(finish: boolean): Promise<void> {
    clearTimeout(this.#timer);
    const wait = this.#begun && finish && this.#isOverdue();
    this.#begun = false;
    if (!wait) await this.#thread?.terminate();
    else await (this.#running ?? this.#merge());
    await this.#running;
  }

  #isOverdue(): boolean {
    return [...this.#options.pieces().values()].some(isOverdue);
  }

  #schedule(delay: number): void {
    this.#timer = setTimeout(() => void this.#merge(), delay).unref();
  }

  #merge(): Promise<void> {
    this.#running = this.#mergeNow()
      .then(() => {
        this.#lastFailure = undefined;
      }, this.#failed)
      .finally(() => {
        this.#running = undefined;
        if (this.#begun) this.#schedule(this.#options.interval);
      });
    return this.#running;
  }

  async #mergeNow(): Promise<void> {
    const merges = [...this.#options.pieces().values()].flatMap(mergesOf);
    if (merges.length === 0) return;
    const merged = await this.#onThread(merges);
    if (merged) await this.#options.replace(placesOf(merges), merged);
  }

  /** Undefined if it was ended before. */
  #onThread(merges: readonly Merge[]): Promise<readonly KeptPiece[] | undefined> {
    const { directory, run } = this.#options;
    const workerData: MergeWork = { directory, name: `merge${run}.${++this.#threads}`, merges };
    // From dist/checkpoint/ as from dist/bundle/.
    const thread = new Worker(new URL('../checkpoint/mergeThread.js', import.meta.url), { workerData });
    this.#thread = thread;
    return new Promise((resolve, reject) => {
      thread.once('message', resolve);
      thread.once('error', reject);
      thread.once('exit', () => resolve(undefined));
    });
  }

  /** Said once, and not every few seconds. */
  readonly #failed = (error: unknown): void => {
    const message = messageOf(error);
    if (message !== this.#lastFailure)
      this.#options.log('warn', `states could not be merged, which is tried again: ${message}`);
    this.#lastFailure = message;
  };
}
