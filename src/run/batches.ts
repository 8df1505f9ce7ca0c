import { type Deferred, deferred } from '../base/deferred.ts';
import type { Batch } from '../engine/engine.ts';

export interface Submitted {
  readonly batch: Batch;
  /** When it was planned. */
  readonly submissionTime: number;
}

/**
 * Planned batches that wait for their turn. They are run one at a time, in order, while later ones are planned. After the
 * first that fails, or after `close`, none is begun.
 */
export class BatchQueue {
  readonly #run: (submitted: Submitted) => Promise<void>;
  readonly #waiting: Submitted[] = [];
  #running: Promise<void> | undefined;
  #failure: { readonly error: unknown } | undefined;
  #closed = false;
  #changed: Deferred<void> = deferred();

  /** `run` rejects only if the job cannot go on. */
  constructor(run: (submitted: Submitted) => Promise<void>) {
    this.#run = run;
  }

  /** Batches not yet begun. */
  get waiting(): number {
    return this.#waiting.length;
  }

  get failed(): boolean {
    return this.#failure !== undefined;
  }

  add(submitted: Submitted): void {
    this.#waiting.push(submitted);
    if (!this.#running && !this.#closed && !this.#failure) this.#running = this.#work();
  }

  /** Resolves when fewer than `limit` batches wait, or none will be begun any more. */
  async room(limit: number): Promise<void> {
    while (this.#waiting.length >= limit && this.#running) await this.#changed.promise;
  }

  /** Resolves when every batch has been run; rejects with the error of the one that failed. */
  async idle(): Promise<void> {
    while (this.#running) await this.#changed.promise;
    if (this.#failure) throw this.#failure.error;
  }

  /** Begins no other batch. */
  close(): void {
    this.#closed = true;
  }

  async #work(): Promise<void> {
    while (!this.#closed && !this.#failure) {
      const submitted = this.#waiting.shift();
      if (!submitted) break;
      this.#tell();
      await this.#run(submitted).catch((error: unknown) => {
        this.#failure = { error };
      });
    }
    this.#running = undefined;
    this.#tell();
  }

  #tell(): void {
    this.#changed.resolve();
    this.#changed = deferred();
  }
}
