import type { Batch } from '../engine/engine.ts';
import type { Plan } from '../plan/plan.ts';
import type { Journal, Recovered } from './journal.ts';

/** A journal that lasts as long as the object: a second run with the same one goes on where the first ended. */
export class MemoryJournal implements Journal {
  #zeroTime: number | undefined;
  #lastTime: number | undefined;
  readonly #unfinished = new Map<number, Batch>();

  async open(_plan: Plan): Promise<Recovered> {
    return {
      ...(this.#zeroTime !== undefined && { zeroTime: this.#zeroTime }),
      ...(this.#lastTime !== undefined && { lastTime: this.#lastTime }),
      unfinished: [...this.#unfinished.values()],
    };
  }

  async planned(batch: Batch): Promise<void> {
    this.#zeroTime ??= batch.zeroTime;
    this.#lastTime = batch.time;
    this.#unfinished.set(batch.time, batch);
  }

  async done(time: number): Promise<void> {
    this.#unfinished.delete(time);
  }

  async close(): Promise<void> {}
}
