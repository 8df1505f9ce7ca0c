/** A token bucket: so many bytes a second, those of one second at once. What is taken beyond it is waited for. */
export class RateLimit {
  readonly #now: () => number;
  #bytesPerSecond = Number.POSITIVE_INFINITY;
  #left = 0;
  #since = 0;

  /** `now` gives milliseconds. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Undefined: as much as comes. */
  set(bytesPerSecond: number | undefined): void {
    this.#refill();
    if (this.#bytesPerSecond === Number.POSITIVE_INFINITY) this.#left = 0;
    this.#bytesPerSecond = bytesPerSecond ?? Number.POSITIVE_INFINITY;
  }

  take(bytes: number): void {
    this.#left -= bytes;
  }

  /** Milliseconds until more may be taken; 0 if now. */
  get wait(): number {
    if (this.#bytesPerSecond === Number.POSITIVE_INFINITY) return 0;
    this.#refill();
    return this.#left >= 0 ? 0 : Math.ceil((-this.#left / this.#bytesPerSecond) * 1000);
  }

  #refill(): void {
    const now = this.#now();
    const earned = ((now - this.#since) / 1000) * this.#bytesPerSecond;
    this.#since = now;
    if (Number.isFinite(earned)) this.#left = Math.min(this.#left + earned, this.#bytesPerSecond);
  }
}
