import type { Destination, KafkaProducer, Transactions } from './producer.ts';
import type { AbortedTransaction } from './records/transactions.ts';
import type { Connection } from './settings.ts';

/**
 * What a source and a sink need of a Kafka cluster. Nothing is tried again in here, and nothing goes on by itself: who calls knows how
 * long to be patient, see `mayHeal` in errors.ts. After an error, and after `close`, the next call connects anew. All methods reject
 * with StreamjobError: `broker-unreachable`, `broker-refused`, `kafka-failed`.
 */
export interface KafkaClient {
  /**
   * The partitions of those of the topics that are there and not internal, by topic; without `topics` of all. Other calls need the
   * partitions that they name to be known from here.
   */
  partitions(topics?: readonly string[]): Promise<ReadonlyMap<string, readonly number[]>>;
  /**
   * For each partition, in order: the first offset that it still has, the one behind its last record that `read_committed` shows,
   * or the first one whose record has at least this time, in milliseconds (the latest if there is none). Undefined for those that no
   * broker answers for now; it rejects if that is all of them.
   */
  offsets(
    partitions: readonly TopicPartition[],
    at: 'earliest' | 'latest' | number,
  ): Promise<readonly (number | undefined)[]>;
  /** Record batches as bytes, from the one on that holds `offset`; see records/batch.ts. Waits for a moment if there are none yet. */
  fetch(from: TopicPartition, offset: number, maxBytes: number): Promise<Fetched>;
  /** Tells the group where reading goes on, as a consumer that is no member of it: for those who watch its lag. */
  commit(groupId: string, offsets: readonly (TopicPartition & { readonly offset: number })[]): Promise<void>;
  /**
   * What the group has committed for the partition, if anything. It may heal if a transaction that commits something there has not
   * ended everywhere.
   */
  committed(groupId: string, partition: TopicPartition): Promise<CommittedOffset | undefined>;
  /**
   * Where messages for those of these topics may go that are there; brokers may begin to make the others. Producers of this client send to the
   * leaders that are known from the latest call.
   */
  destinations(topics: readonly string[]): Promise<ReadonlyMap<string, Destination>>;
  /**
   * A producer with an identity of its own, or of the one that has this name for transactions: that is fenced from then on, and what
   * it has left open is ended.
   */
  producer(transactions?: Transactions): Promise<KafkaProducer>;
  close(): Promise<void>;
}

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

export interface CommittedOffset {
  readonly offset: number;
  /** What the committer has put beside it. */
  readonly metadata: string;
}

/** `gone`: the partition does not have this offset, any more or yet. */
export type Fetched =
  | { readonly gone: true }
  | {
      readonly gone: false;
      /** The batches are the caller’s own. */
      readonly bytes: Buffer;
      readonly aborted: readonly AbortedTransaction[];
    };

/** Loads kafkajs and connects when it is first used. */
export const openClient = (connection: Connection): KafkaClient => new LazyClient(connection);

class LazyClient implements KafkaClient {
  readonly #connection: Connection;
  #opened: Promise<KafkaClient> | undefined;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  async partitions(
    ...[topics]: Parameters<KafkaClient['partitions']>
  ): Promise<ReadonlyMap<string, readonly number[]>> {
    return (await this.#open()).partitions(topics);
  }

  async offsets(...[partitions, at]: Parameters<KafkaClient['offsets']>): ReturnType<KafkaClient['offsets']> {
    return (await this.#open()).offsets(partitions, at);
  }

  async fetch(...[from, offset, maxBytes]: Parameters<KafkaClient['fetch']>): Promise<Fetched> {
    return (await this.#open()).fetch(from, offset, maxBytes);
  }

  async commit(...[groupId, offsets]: Parameters<KafkaClient['commit']>): Promise<void> {
    return (await this.#open()).commit(groupId, offsets);
  }

  async committed(...[groupId, partition]: Parameters<KafkaClient['committed']>): Promise<CommittedOffset | undefined> {
    return (await this.#open()).committed(groupId, partition);
  }

  async destinations(topics: readonly string[]): Promise<ReadonlyMap<string, Destination>> {
    return (await this.#open()).destinations(topics);
  }

  async producer(transactions?: Transactions): Promise<KafkaProducer> {
    return (await this.#open()).producer(transactions);
  }

  async close(): Promise<void> {
    await (await this.#opened)?.close();
  }

  #open(): Promise<KafkaClient> {
    this.#opened ??= import('./kafkajs/client.ts').then(({ KafkajsClient }) => new KafkajsClient(this.#connection));
    return this.#opened;
  }
}

/** How a partition is named in messages. */
export const nameOf = ({ topic, partition }: TopicPartition): string => `${topic}[${partition}]`;
