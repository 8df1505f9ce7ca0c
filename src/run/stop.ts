import type { Clock } from '../base/clock.ts';
import { deferred } from '../base/deferred.ts';
import { formatDuration } from '../base/duration.ts';
import { StreamjobError } from '../base/errors.ts';

/** Why no more ticks are to be waited for. */
export interface End {
  readonly reason: string;
  /** Ask the sources that list their input once more for the last batch. */
  readonly list?: boolean;
  /** What has been received is still worked off; then the job ends with this. */
  readonly error?: unknown;
}

/** How a job comes to its end: gracefully for a reason, within a time if somebody waits for it, or at once. */
export class Ending {
  readonly #clock: Clock;
  readonly #onBegin: (reason: string) => void;
  readonly #begun = new AbortController();
  readonly #cut = new AbortController();
  readonly #over = deferred();
  #end: End | undefined;

  constructor(clock: Clock, onBegin: (reason: string) => void) {
    this.#clock = clock;
    this.#onBegin = onBegin;
    this.#over.promise.catch(() => undefined);
  }

  get begun(): boolean {
    return this.#end !== undefined;
  }

  /** Aborted when the end begins: no more ticks. */
  get signal(): AbortSignal {
    return this.#begun.signal;
  }

  /** Aborted when nothing may be waited for: no more batches, no more commits. */
  get cut(): AbortSignal {
    return this.#cut.signal;
  }

  /** Not after an error: what a source gave beside one that failed is in no batch, and what it gives next would hide that. */
  get list(): boolean {
    return (this.#end?.list ?? false) && this.#end?.error === undefined;
  }

  get error(): unknown {
    return this.#end?.error;
  }

  /** The first call decides; an error that comes later is kept too. */
  begin(end: End): void {
    if (this.#end) {
      this.#end = { ...this.#end, error: this.#end.error ?? end.error };
      return;
    }
    this.#end = end;
    this.#begun.abort();
    this.#onBegin(end.reason);
  }

  /** From now on the job has `ms` to come to its end. */
  limit(ms: number): void {
    void this.#reach(this.#clock.now() + ms).then(() => this.#over.reject(tookTooLong(ms)));
  }

  async #reach(time: number): Promise<void> {
    while (this.#clock.now() < time && !this.cut.aborted) await this.#clock.until(time, this.cut);
  }

  abort(): void {
    this.begin({ reason: 'aborted' });
    this.#over.resolve();
    this.#cut.abort();
  }

  /** The work, or what cuts it short: resolves when aborted, rejects when the time for the end is over. */
  async bound(work: Promise<void>): Promise<void> {
    try {
      await Promise.race([work, this.#over.promise]);
    } finally {
      this.#cut.abort();
    }
  }
}

const tookTooLong = (ms: number): StreamjobError =>
  new StreamjobError(
    'stop-timeout',
    `The job did not come to its end within ${formatDuration(ms)} of being asked to stop.`,
    {
      remedy:
        'Raise settings.stopTimeout. What was not done is run again at the next start if the job has a checkpoint.',
    },
  );
