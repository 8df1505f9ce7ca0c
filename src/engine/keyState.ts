/**
 * Spark's State, as the function of `mapWithState` gets it: the state of one key during one call. What the function does is
 * noted here, and is the engine's to apply if the function returns. One object serves all calls, one after the other.
 */
export class KeyState {
  #exists = false;
  #state: unknown;
  #timingOut = false;
  #updated = false;
  #removed = false;

  /** Begins a call for a key with a state, or for a new one. */
  wrap(exists: boolean, state: unknown): this {
    return this.#begin(exists, state, false);
  }

  /** Begins the call for a key that has been idle for too long. */
  wrapTimingOut(state: unknown): this {
    return this.#begin(true, state, true);
  }

  #begin(exists: boolean, state: unknown, timingOut: boolean): this {
    this.#exists = exists;
    this.#state = state;
    this.#timingOut = timingOut;
    this.#updated = false;
    this.#removed = false;
    return this;
  }

  /** What the function has done to the state. */
  get outcome(): 'updated' | 'removed' | 'same' {
    if (this.#removed) return 'removed';
    return this.#updated ? 'updated' : 'same';
  }

  exists(): boolean {
    return this.#exists;
  }

  get(): unknown {
    if (this.#exists) return this.#state;
    throw new Error('State is not set');
  }

  /** The state, or undefined. */
  getOption(): unknown {
    return this.#exists ? this.#state : undefined;
  }

  isTimingOut(): boolean {
    return this.#timingOut;
  }

  update(state: unknown): void {
    if (this.#removed) throw new Error('Cannot update the state after it has been removed');
    if (this.#timingOut) throw new Error('Cannot update the state that is timing out');
    if (state === null || state === undefined) throw new Error('A state cannot be null or undefined: remove() it');
    this.#state = state;
    this.#exists = true;
    this.#updated = true;
  }

  remove(): void {
    if (this.#timingOut) throw new Error('Cannot remove the state that is timing out');
    if (this.#removed) throw new Error('Cannot remove the state that has already been removed');
    this.#state = undefined;
    this.#exists = false;
    this.#removed = true;
    this.#updated = false;
  }
}
