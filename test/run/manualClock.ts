import type { Clock } from '#src/base/clock.ts';
import { type Deferred, deferred } from '#src/base/deferred.ts';

/** A clock that the test moves, forwards and back. */
export class ManualClock implements Clock {
  #now: number;
  readonly #waiters = new Set<Deferred<void> & { readonly time: number }>();

  constructor(now = 0) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  set(now: number): void {
    const back = now < this.#now;
    this.#now = now;
    for (const waiter of this.#waiters) if (back || waiter.time <= now) waiter.resolve();
  }

  async until(time: number, signal?: AbortSignal): Promise<void> {
    if (time <= this.#now || signal?.aborted) return;
    const waiter = { time, ...deferred() };
    this.#waiters.add(waiter);
    signal?.addEventListener('abort', () => waiter.resolve());
    await waiter.promise;
    this.#waiters.delete(waiter);
  }

  busy<T>(work: Promise<T>): Promise<T> {
    return work;
  }
}
