import { isDue } from '../plan/plan.ts';

/** A batch time whose turn has come. */
export interface Tick {
  readonly time: number;
  /** The job did not keep up: unless it is needed, the tick is run only if input is assigned to it. */
  readonly late: boolean;
  /** It has work to do without input: a window of several batches falls due. */
  readonly needed: boolean;
  /** A newer tick is due, to which what has come meanwhile belongs. */
  readonly missed: boolean;
  /** Ticks left out before this one, because the job was late and nothing needed them. */
  readonly skipped: number;
}

export interface TickOptions {
  /** Milliseconds between ticks. */
  readonly interval: number;
  readonly now: number;
  /** From which slides are counted; by default the tick before the first. */
  readonly zeroTime?: number | undefined;
  /** The newest batch of an earlier run. */
  readonly lastTime?: number | undefined;
  /** Slides of several batches, in milliseconds. */
  readonly slides?: readonly number[];
}

/** A tick that comes later than this, or than one interval, did not come late by chance: the machine or the job was held up. */
const hiccup = 1_000;

/** The next multiple of the interval since the epoch strictly after `now`. */
export const tickAfter = (now: number, interval: number): number => (Math.floor(now / interval) + 1) * interval;

/**
 * Which batch comes next, and when. Ticks are multiples of the interval since the epoch, and their times only grow. While
 * the job keeps up each one is taken, in order. After a stop, a suspended machine or a jump of the clock, ticks that nothing
 * needs are left out, and what has come meanwhile belongs to the newest. (While batches wait, `generator.ts` leaves them out.)
 */
export class Ticks {
  readonly #interval: number;
  readonly #slides: readonly number[];
  readonly zeroTime: number;
  #last: number;
  /** While the clock lags behind the ticks: when to take the next one all the same. */
  #pace = Number.POSITIVE_INFINITY;

  constructor({ interval, now, zeroTime, lastTime, slides = [] }: TickOptions) {
    this.#interval = interval;
    this.#slides = slides;
    this.#last = lastTime ?? this.#newest(now);
    this.zeroTime = zeroTime ?? this.#last;
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

  /** At the start of a run: takes the next needed tick since the last run; undefined if there is none left. */
  takeMissed(now: number): Tick | undefined {
    const needed = this.#neededAfter(this.#last);
    const newest = this.#newest(now);
    if (needed <= newest) return this.#advance(needed, { late: true, missed: true });
    this.#last = Math.max(this.#last, newest);
    return undefined;
  }

  /** Takes the tick that is due. */
  take(now: number): Tick {
    const next = this.#last + this.#interval;
    if (now - next <= Math.max(hiccup, this.#interval)) return this.#advance(next, { late: false, missed: false });
    const newest = this.#newest(now);
    const time = Math.min(newest, this.#neededAfter(this.#last));
    return this.#advance(time, { late: true, missed: time < newest });
  }

  /** Takes the next tick without waiting for it. */
  takeEarly(now: number): Tick {
    const next = this.#last + this.#interval;
    return this.#advance(Math.max(next, tickAfter(now, this.#interval)), { late: false, missed: false });
  }

  #newest(now: number): number {
    return tickAfter(now, this.#interval) - this.#interval;
  }

  #neededAfter(time: number): number {
    const next = this.#slides.map((slide) => this.zeroTime + tickAfter(time - this.zeroTime, slide));
    return Math.min(Number.POSITIVE_INFINITY, ...next);
  }

  #advance(time: number, how: Pick<Tick, 'late' | 'missed'>): Tick {
    const needed = this.#slides.some((slide) => isDue(slide, time, this.zeroTime));
    const skipped = (time - this.#last) / this.#interval - 1;
    this.#last = time;
    this.#pace = Number.POSITIVE_INFINITY;
    return { time, needed, skipped, ...how };
  }
}
