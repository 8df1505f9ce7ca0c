import type { TopicPartition } from './client.ts';
import type { OutgoingBatch } from './records/outgoing.ts';

/**
 * Sends record batches, each of which the brokers take once, however often it is sent. Like its client it tries nothing again by itself; what
 * it is called with after an error says what becomes of it.
 */
export interface KafkaProducer {
  /**
   * Sends those that are not taken yet to the leaders of their partitions, and resolves when all replicas have all of them. Batches
   * get their sequence numbers when they are sent first. At most five of a partition may be on the way, and none but the first as
   * long as none of it has been taken. If it rejects, those that are on the way with it may fail for that alone: when all have been
   * answered, the same ones are to be sent again, in the same order.
   */
  send(batches: readonly OutgoingBatch[]): Promise<void>;
  /** In a transaction: commits an offset of a group with it. */
  commitOffset(groupId: string, offset: TopicPartition & { offset: number; metadata: string }): Promise<void>;
  /** Ends the transaction; the next batch begins another one. */
  end(how: 'commit' | 'abort'): Promise<void>;
}

/** The name by which brokers know a producer across restarts, and how long one of its transactions may take, in milliseconds. */
export interface Transactions {
  readonly transactionalId: string;
  readonly timeout: number;
}

/** Where messages for a topic may go. */
export interface Destination {
  /** How many partitions the topic has. */
  readonly partitions: number;
  /** Those that some broker leads now. */
  readonly led: readonly number[];
  /** In bytes, after compression; undefined if brokers do not tell this user. */
  readonly largestBatch: number | undefined;
}
