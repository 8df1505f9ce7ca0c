import { type KafkaClient, openClient } from '../../kafka/client.ts';
import { loadCodecs } from '../../kafka/codecs.ts';
import type { Destination, KafkaProducer } from '../../kafka/producer.ts';
import { BatchMaker } from './batches.ts';
import { deliver, missing } from './delivery.ts';
import type { Sending } from './types.ts';

/** For how long one relies on a topic to have the partitions that it had, in milliseconds: as long as Kafka’s own producers. */
const longestTrust = 300_000;

/** A connection to a cluster, for one sender at a time. */
export class Link {
  readonly client: KafkaClient;
  /** One that makes no transactions. */
  #producer: KafkaProducer | undefined;
  #destinations: ReadonlyMap<string, Destination> = new Map();
  #askedAt = Number.NEGATIVE_INFINITY;

  constructor({ connection }: Sending) {
    this.client = openClient(connection);
  }

  /** Not to be called by several at a time. */
  async producer(): Promise<KafkaProducer> {
    this.#producer ??= await this.client.producer();
    return this.#producer;
  }

  /** The next producer is another one. */
  forgetProducer(): void {
    this.#producer = undefined;
  }

  /** Looks where things go, unless that is known. Waits for topics and brokers that may come. */
  async batchMaker(topics: readonly string[], sending: Sending): Promise<BatchMaker> {
    const { compression } = sending.config;
    const known = topics.every((topic) => this.#destinations.has(topic));
    if (!known || performance.now() > this.#askedAt + longestTrust)
      await deliver(sending, () => this.look(topics, sending));
    if (compression !== 'none') await loadCodecs();
    return new BatchMaker(
      topics.map((topic) => [topic, this.#destinations.get(topic)!]),
      compression,
    );
  }

  /** Asks anew, also who the leaders are. */
  async look(topics: readonly string[], sending: Sending): Promise<void> {
    const found = await this.client.destinations(topics);
    for (const topic of topics) if (!found.has(topic)) throw missing(topic, sending);
    this.#destinations = found;
    this.#askedAt = performance.now();
  }
}

/** Links of this thread that nobody uses, by the settings of their connection. */
const idle = new Map<string, Link[]>();

/** What failed on a link is not known, so another one takes its place. */
export async function withLink<T>(sending: Sending, use: (link: Link) => Promise<T>): Promise<T> {
  const key = JSON.stringify(sending.connection);
  const link = idle.get(key)?.pop() ?? new Link(sending);
  try {
    const result = await use(link);
    idle.set(key, [...(idle.get(key) ?? []), link]);
    return result;
  } catch (error) {
    await link.client.close().catch(() => undefined);
    throw error;
  }
}
