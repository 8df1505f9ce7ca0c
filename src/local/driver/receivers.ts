import { type Deferred, deferred } from '../../base/deferred.ts';
import { StreamjobError } from '../../base/errors.ts';
import type { EngineEvents } from '../../engine/engine.ts';
import type { NodeId, Plan } from '../../plan/plan.ts';
import { fromWire } from '../wire/errors.ts';
import { extentsLength } from '../wire/extents.ts';
import type { Block, FromWorker, OpenMessage } from '../wire/messages.ts';
import { Thread } from './thread.ts';
import type { PoolOptions } from './threadPool.ts';

interface KeptBlock {
  readonly block: Block;
  readonly slabs: readonly number[];
}

/** The I/O thread with the job's receivers, and the blocks that they have received and no finished batch has used. */
export class Receivers {
  readonly #options: PoolOptions;
  readonly #blocks = new Map<number, KeptBlock>();
  #thread: Thread | undefined;
  #events: EngineEvents | undefined;
  #stopped: Deferred<void> | undefined;
  #dead = false;
  #ids = 0;

  constructor(options: Omit<PoolOptions, 'heard'>) {
    this.#options = { ...options, heard: (message) => this.#hear(message) };
  }

  async open(job: OpenMessage, events: EngineEvents): Promise<void> {
    this.#events = events;
    this.#stopped = undefined;
    this.#dead = false;
    this.#thread = new Thread({
      ...this.#options,
      role: 'receivers',
      died: (_, error) => this.#died(job.plan, error),
    });
    await this.#thread.open(job);
  }

  start(): void {
    this.#thread?.say({ type: 'receive' });
  }

  limit(source: NodeId, bytesPerSecond: number | undefined): void {
    this.#thread?.say({ type: 'limit', source, bytesPerSecond });
  }

  /** When it resolves, every block has been announced. */
  async stop(): Promise<void> {
    if (!this.#thread || this.#dead || this.#stopped) return this.#stopped?.promise;
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
    for (const slab of kept?.slabs ?? []) this.#options.memory.release(slab);
  }

  /** Memory has become free. */
  freed(): void {
    this.#thread?.say({ type: 'freed' });
  }

  async close(): Promise<void> {
    await this.#thread?.close();
    this.#thread = undefined;
    for (const id of [...this.#blocks.keys()]) this.forget(id);
  }

  #hear(message: FromWorker): void {
    switch (message.type) {
      case 'block':
        return this.#keep(message);
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

  #keep({ source, block, slabs, stored }: Extract<FromWorker, { type: 'block' }>): void {
    const id = ++this.#ids;
    this.#blocks.set(id, { block, slabs });
    this.#events?.block(source, { id, bytes: extentsLength(block.extents), ...(stored && { stored }) });
  }

  /** What had been received and announced is still worked off; then the job ends. */
  #died({ nodes }: Plan, error: StreamjobError): void {
    this.#dead = true;
    this.#stopped?.resolve();
    const source = nodes.find(({ kind }) => kind === 'source')!.id;
    const why = new StreamjobError('worker-died', `The thread of the receivers died: it ${error.message}`, {
      cause: error.cause,
      remedy: error.remedy,
    });
    this.#events?.receiver(source, 'failed', why.message, why);
  }
}
