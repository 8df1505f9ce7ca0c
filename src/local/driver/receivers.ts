import { type Deferred, deferred } from '../../base/deferred.ts';
import { StreamjobError } from '../../base/errors.ts';
import type { EngineEvents } from '../../engine/engine.ts';
import type { NodeId } from '../../plan/plan.ts';
import { fromWire } from '../wire/errors.ts';
import { extentsLength } from '../wire/extents.ts';
import type { Block, FromWorker, OpenMessage } from '../wire/messages.ts';
import type { SlabPool } from '../wire/slabs.ts';
import { Thread } from './thread.ts';

interface KeptBlock {
  readonly block: Block;
  readonly slabs: readonly number[];
}

/** The I/O thread with the job's receivers, and the blocks that they have received and no finished batch has used. */
export class Receivers {
  readonly #memory: SlabPool;
  readonly #blocks = new Map<number, KeptBlock>();
  #thread: Thread | undefined;
  #events: EngineEvents | undefined;
  #stopped: Deferred<void> | undefined;
  #ids = 0;

  constructor(memory: SlabPool) {
    this.#memory = memory;
  }

  async open(job: OpenMessage, events: EngineEvents): Promise<void> {
    this.#events = events;
    this.#thread = new Thread('receivers', this.#memory, {
      heard: (message) => this.#hear(message),
      died: () => this.#died(),
    });
    await this.#thread.open(job);
  }

  start(): void {
    this.#thread?.say({ type: 'receive' });
  }

  /** When it resolves, every block has been announced. */
  async stop(): Promise<void> {
    if (!this.#thread || this.#stopped) return this.#stopped?.promise;
    this.#stopped = deferred();
    this.#thread.say({ type: 'stopReceiving' });
    await this.#stopped.promise;
  }

  block(id: number): Block {
    const kept = this.#blocks.get(id);
    if (!kept) throw new StreamjobError('input-changed', `Received block ${id} is no longer there`);
    return kept.block;
  }

  /** The block is not needed any more. */
  forget(id: number): void {
    const kept = this.#blocks.get(id);
    this.#blocks.delete(id);
    for (const slab of kept?.slabs ?? []) this.#memory.release(slab);
  }

  /** Memory has become free. */
  freed(): void {
    this.#thread?.say({ type: 'freed' });
  }

  async close(): Promise<void> {
    await this.#thread?.close();
    for (const id of [...this.#blocks.keys()]) this.forget(id);
  }

  #hear(message: FromWorker): void {
    switch (message.type) {
      case 'block':
        return this.#keep(message.source, message.block, message.slabs);
      case 'receiver': {
        const { source, state, error } = message;
        return this.#events?.receiver(source, state, message.message, error && fromWire(error));
      }
      case 'stoppedReceiving':
        return this.#stopped?.resolve();
      case 'log':
        return this.#events?.log(message.level, message.message);
    }
  }

  #keep(source: NodeId, block: Block, slabs: readonly number[]): void {
    const id = ++this.#ids;
    this.#blocks.set(id, { block, slabs });
    this.#events?.block(source, { id, bytes: extentsLength(block.extents) });
  }

  #died(): void {
    this.#stopped?.resolve();
    this.#events?.log('warn', 'the receiver thread ended unexpectedly');
  }
}
