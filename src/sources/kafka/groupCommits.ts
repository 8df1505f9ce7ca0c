import { messageOf } from '../../base/errors.ts';
import { type KafkaClient, nameOf } from '../../kafka/client.ts';
import { patiently } from '../../kafka/patience.ts';
import type { OffsetRange } from './types.ts';

/** A new cluster, or one that has lost a broker, takes a moment to say who keeps the offsets of a group. In milliseconds. */
const patience = 5000;

/**
 * Tells a consumer group how far batches are done. Only monitors read it, so nothing waits for it: what has come together while
 * a commit is under way goes along with the next one, and what fails is said once.
 */
export class GroupCommits {
  readonly #client: KafkaClient;
  readonly #groupId: string;
  readonly #warn: (message: string) => void;
  #pending = new Map<string, OffsetRange>();
  #running: Promise<void> | undefined;
  #warned = false;

  constructor(client: KafkaClient, groupId: string, warn: (message: string) => void) {
    this.#client = client;
    this.#groupId = groupId;
    this.#warn = warn;
  }

  add(ranges: readonly OffsetRange[]): void {
    for (const range of ranges) this.#pending.set(nameOf(range), range);
    if (ranges.length > 0) this.#running ??= this.#run();
  }

  /** Resolves when nothing is left to tell. */
  async settled(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    try {
      while (this.#pending.size > 0) await this.#commit();
      this.#warned = false;
    } catch (error) {
      if (!this.#warned) this.#warn(`the group ${this.#groupId} was not told how far the job is: ${messageOf(error)}`);
      this.#warned = true;
    } finally {
      this.#running = undefined;
    }
  }

  async #commit(): Promise<void> {
    const ranges = [...this.#pending.values()];
    this.#pending = new Map();
    const offsets = ranges.map(({ topic, partition, until }) => ({ topic, partition, offset: until }));
    await patiently(() => this.#client.commit(this.#groupId, offsets), { limit: patience });
  }
}
