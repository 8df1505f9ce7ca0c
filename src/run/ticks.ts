/** A batch time whose turn has come. */
export interface Tick {
  readonly time: number;
  /** The job did not keep up: the tick is run only if input is assigned to it. */
  readonly late: boolean;
  /** Ticks left out before this one, because the job was late and nothing needed them. */
  readonly skipped: number;
}

export interface TickOptions {
  /** Milliseconds between ticks. */
  readonly interval: number;
  readonly now: number;
  /** The newest batch of an earlier run. */
  readonly lastTime?: number | undefined;
  /** The first tick after a time that has work to do without input: a window falls due. Absent: there is none. */
  readonly neededAfter?: (time: number) => number;
}

/** A tick that comes later than this, or than one interval, did not come late by chance: the machine or the job was held up. */
const hiccup = 1_000;

/** The next multiple of the interval since the epoch strictly after `now`. */
export const tickAfter = (now: number, interval: number): number => (Math.floor(now / interval) + 1) * interval;

/**
 * Which batch comes next, and when. Ticks are multiples of the interval since the epoch, and their times only grow. While
 * the job keeps up each one is taken, in order. After a stop, a suspended machine or a jump of the clock, ticks that nothing
 * needs are left out, and what has come meanwhile belongs to the newest.
 */
export class Ticks {
  readonly #interval: number;
  readonly #neededAfter: (time: number) => number;
  #last: number;
  /** While the clock lags behind the ticks: when to take the next one all the same. */
  #pace = Number.POSITIVE_INFINITY;

  constructor({ interval, now, lastTime, neededAfter }: TickOptions) {
    this.#interval = interval;
    this.#neededAfter = neededAfter ?? (() => Number.POSITIVE_INFINITY);
    this.#last = Math.max(tickAfter(now, interval) - interval, lastTime ?? Number.NEGATIVE_INFINITY);
  }

  /** The newest tick taken; before the first, the tick before it. */
  get last(): number {
    return this.#last;
  }

  /**
   * When the next tick is to be taken. Where the clock has been set back far behind the last tick, the job does not stand
   * still until it has caught up, but goes on at its pace, with batch times ahead of the clock.
   */
  dueAt(now: number): number {
    const next = this.#last + this.#interval;
    if (next - now <= 2 * this.#interval) return next;
    this.#pace = Math.min(this.#pace, now + this.#interval);
    return this.#pace;
  }

  /** Takes the tick that is due. */
  take(now: number): Tick {
    const next = this.#last + this.#interval;
    const late = now - next > Math.max(hiccup, this.#interval);
    return this.#advance(late ? this.#newestOrNeeded(next, now) : next, late);
  }

  /** Takes the next tick without waiting for it. */
  takeEarly(now: number): Tick {
    const next = this.#last + this.#interval;
    return this.#advance(Math.max(next, tickAfter(now, this.#interval)), false);
  }

  #newestOrNeeded(next: number, now: number): number {
    const newest = tickAfter(now, this.#interval) - this.#interval;
    return Math.max(next, Math.min(newest, this.#neededAfter(this.#last)));
  }

  #advance(time: number, late: boolean): Tick {
    const skipped = (time - this.#last) / this.#interval - 1;
    this.#last = time;
    this.#pace = Number.POSITIVE_INFINITY;
    return { time, late, skipped };
  }
}
