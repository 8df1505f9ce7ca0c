import type { BatchInputs } from '../engine/engine.ts';
import type { BatchInfo, JobListener } from '../run/events.ts';

/** How far a job has come that ends when it has read what is there. */
export interface Progress {
  /** Bytes. */
  readonly done: number;
  readonly total: number;
  /** Milliseconds, as far as one can tell. */
  readonly left?: number;
}

/**
 * Adds up the bytes of the batches that are planned and done, and what is there for later ones; nothing is known of sources that do not
 * say how much they give, and have.
 */
export class ProgressMeter implements JobListener {
  readonly #planned = new Map<number, number>();
  #total = 0;
  #later: number | undefined;
  #done = 0;
  #known = true;
  #begin: number | undefined;

  batchSubmitted({ batchTime, inputs = new Map(), left }: BatchInfo): void {
    const bytes = bytesOf(inputs);
    if (bytes === undefined) this.#known = false;
    this.#planned.set(batchTime, bytes ?? 0);
    this.#total += bytes ?? 0;
    this.#later = left;
  }

  batchStarted(): void {
    this.#begin ??= performance.now();
  }

  batchCompleted({ batchTime }: { readonly batchTime: number }): void {
    this.#done += this.#planned.get(batchTime) ?? 0;
    this.#planned.delete(batchTime);
  }

  get progress(): Progress | undefined {
    if (!this.#known || this.#later === undefined || this.#total === 0) return undefined;
    const total = this.#total + this.#later;
    const shared = { done: this.#done, total };
    if (this.#begin === undefined || this.#done === 0) return shared;
    const pace = this.#done / Math.max(1, performance.now() - this.#begin);
    return { ...shared, left: (total - this.#done) / pace };
  }
}

/** Undefined if a split does not say how long it is. */
function bytesOf(inputs: BatchInputs): number | undefined {
  let bytes = 0;
  for (const { length } of [...inputs.values()].flat(2)) {
    if (typeof length !== 'number') return undefined;
    bytes += length;
  }
  return bytes;
}
