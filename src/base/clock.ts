import { setTimeout as sleep } from 'node:timers/promises';
import { type Deferred, deferred } from './deferred.ts';

/** Where a job has its time from. Times are milliseconds since the epoch. */
export interface Clock {
  now(): number;
  /**
   * Resolves when `now()` has reached `time`. It resolves sooner when `signal` is aborted or the clock is set back
   * meanwhile, so who waits looks at `now()` again.
   */
  until(time: number, signal?: AbortSignal): Promise<void>;
  /** Says that work is going on, and gives it back. A virtual clock stands still meanwhile; a real one does not care. */
  busy<T>(work: Promise<T>): Promise<T>;
}

/** Timers count on while the wall clock jumps, and stand still while the machine is suspended: so look again this often. */
const lookAgain = 1_000;

/** The wall clock. Each wait aims at an absolute time, so lateness does not add up. */
export class SystemClock implements Clock {
  readonly #read: () => number;

  constructor(read: () => number = Date.now) {
    this.#read = read;
  }

  now(): number {
    return this.#read();
  }

  async until(time: number, signal?: AbortSignal): Promise<void> {
    let seen = this.now();
    while (seen < time && !signal?.aborted) {
      await pause(Math.min(time - seen, lookAgain), signal);
      const now = this.now();
      if (now < seen) return;
      seen = now;
    }
  }

  busy<T>(work: Promise<T>): Promise<T> {
    return work;
  }
}

const pause = (ms: number, signal: AbortSignal | undefined): Promise<void> =>
  sleep(ms, undefined, signal && { signal }).catch(() => undefined);

interface Waiter extends Deferred<void> {
  readonly time: number;
}

/**
 * A clock that never makes anybody wait: it starts at the epoch, stands still while work is going on, and then jumps to
 * the earliest time that somebody waits for.
 */
export class VirtualClock implements Clock {
  #now = 0;
  #busy = 0;
  #scheduled = false;
  readonly #waiters = new Set<Waiter>();

  now(): number {
    return this.#now;
  }

  async until(time: number, signal?: AbortSignal): Promise<void> {
    if (time <= this.#now || signal?.aborted) return;
    const waiter = { time, ...deferred() };
    const wake = () => waiter.resolve();
    signal?.addEventListener('abort', wake);
    this.#waiters.add(waiter);
    this.#schedule();
    await waiter.promise;
    this.#waiters.delete(waiter);
    signal?.removeEventListener('abort', wake);
  }

  async busy<T>(work: Promise<T>): Promise<T> {
    this.#busy++;
    try {
      return await work;
    } finally {
      this.#busy--;
      this.#schedule();
    }
  }

  /** A turn of the event loop later, so that who has just been woken can say that it works. */
  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      if (this.#busy === 0) this.#advance();
    });
  }

  #advance(): void {
    if (this.#waiters.size === 0) return;
    const due = [...this.#waiters].sort((a, b) => a.time - b.time)[0]?.time ?? this.#now;
    this.#now = Math.max(this.#now, due);
    for (const waiter of this.#waiters) if (waiter.time <= this.#now) waiter.resolve();
    this.#schedule();
  }
}
