import type { Memory } from '../component/source.ts';
import type { Batch } from '../engine/engine.ts';
import type { NodeId, Plan } from '../plan/plan.ts';
import type { Journal, Recovered, SourceMemory } from './journal.ts';
import { changed } from './state.ts';

/** A journal that lasts as long as the object: a second run with the same one goes on where the first ended. */
export class MemoryJournal implements Journal {
  #zeroTime: number | undefined;
  #lastTime: number | undefined;
  #sinks: ReadonlySet<NodeId> = new Set();
  readonly #unfinished = new Map<number, Batch>();
  readonly #memory = new Map<NodeId, Memory>();

  async open({ nodes }: Plan): Promise<Recovered> {
    const sinks = this.#sinks;
    this.#sinks = new Set(nodes.filter(({ kind }) => kind === 'sink').map(({ id }) => id));
    return {
      ...(this.#zeroTime !== undefined && { zeroTime: this.#zeroTime }),
      ...(this.#lastTime !== undefined && { lastTime: this.#lastTime }),
      unfinished: [...this.#unfinished.values()],
      memory: this.#memory,
      blocks: new Map(),
      sinks,
    };
  }

  async planned(batch: Batch, memory: SourceMemory): Promise<void> {
    this.#zeroTime ??= batch.zeroTime;
    this.#lastTime = batch.time;
    this.#unfinished.set(batch.time, batch);
    for (const [source, changes] of memory) this.#memory.set(source, changed(this.#memory.get(source), changes));
  }

  async done(time: number): Promise<void> {
    this.#unfinished.delete(time);
  }

  async synced(): Promise<void> {}

  async check(): Promise<void> {}

  async close(): Promise<void> {}
}
