/** Spark's weights, and the rate below which no source is slowed down. */
const proportional = 1;
const integral = 0.2;
const derivative = 0;
const minRate = 100;

/** A batch that is over. Times in milliseconds. */
export interface BatchPace {
  /** When its processing ended. */
  readonly time: number;
  /** Records of the source. */
  readonly records: number;
  readonly processingDelay: number;
  /** How long it had waited. */
  readonly schedulingDelay: number;
}

/**
 * Spark's PIDRateEstimator: how many records a second a source should give, so that batches are done within their interval
 * and those that wait are worked off.
 */
export class PidRateEstimator {
  readonly #interval: number;
  #latest: { readonly time: number; readonly rate: number; readonly error: number } | undefined;

  constructor(interval: number) {
    this.#interval = interval;
  }

  /** Records a second; undefined after the first batch, and after one that tells nothing. */
  compute({ time, records, processingDelay, schedulingDelay }: BatchPace): number | undefined {
    const latest = this.#latest;
    if ((latest && time <= latest.time) || records <= 0 || processingDelay <= 0) return undefined;
    const processed = (records / processingDelay) * 1000;
    if (!latest) {
      this.#latest = { time, rate: processed, error: 0 };
      return undefined;
    }
    const error = latest.rate - processed;
    const waiting = (schedulingDelay * processed) / this.#interval;
    const change = (error - latest.error) / ((time - latest.time) / 1000);
    const rate = Math.max(latest.rate - proportional * error - integral * waiting - derivative * change, minRate);
    this.#latest = { time, rate, error };
    return rate;
  }
}

/** The input of a source in a batch that is over. */
export interface SourcePace extends BatchPace {
  readonly bytes: number;
}

/**
 * Limits one source while batches are late: from the first batch that takes longer than its interval, waiting included, until
 * batches are in time and the source gives much less than it may.
 */
export class Backpressure {
  readonly #interval: number;
  readonly #estimator: PidRateEstimator;
  #rate: number | undefined;
  #active = false;
  #bytesPerRecord = 0;

  constructor(interval: number) {
    this.#interval = interval;
    this.#estimator = new PidRateEstimator(interval);
  }

  /** Takes note of a batch. Gives what the source may give from now on, in bytes a second; undefined: as much as comes. */
  after(pace: SourcePace): number | undefined {
    const rate = this.#estimator.compute(pace);
    this.#rate = rate ?? this.#rate;
    if (pace.records > 0 && pace.bytes > 0) this.#bytesPerRecord = pace.bytes / pace.records;
    const late = pace.processingDelay + pace.schedulingDelay > this.#interval;
    this.#active = late || (this.#active && !this.#isIdle(pace));
    return this.#active && this.#rate !== undefined && this.#bytesPerRecord > 0
      ? this.#rate * this.#bytesPerRecord
      : undefined;
  }

  #isIdle({ records }: SourcePace): boolean {
    return this.#rate !== undefined && (records / this.#interval) * 1000 < this.#rate / 2;
  }
}
