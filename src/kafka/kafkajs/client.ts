import { type CommittedOffset, type Fetched, type KafkaClient, nameOf, type TopicPartition } from '../client.ts';
import { mayHeal } from '../errors.ts';
import type { Destination, KafkaProducer, Transactions } from '../producer.ts';
import type { Connection } from '../settings.ts';
import { Cluster, leaderless } from './cluster.ts';
import { byTopic, groupBy } from './grouping.ts';
import { largestBatches } from './largestBatches.ts';
import { committedIn, decodeOffsetFetch, offsetFetchRequest } from './offsetFetch.ts';
import { openProducer } from './producer.ts';
import { checked, codes, decodeFetch, decodeUnchecked, isPassing } from './responses.ts';

const readCommitted = 1;
/** How long a broker may wait for data that is not there yet, in milliseconds. */
const fetchWait = 500;
const noTimestamp = { earliest: -2, latest: -1 } as const;
const noGeneration = -1;

/** A KafkaClient on single requests of kafkajs. */
export class KafkajsClient implements KafkaClient {
  readonly #cluster: Cluster;
  readonly #timeout: number;

  constructor(connection: Connection) {
    this.#cluster = new Cluster(connection);
    this.#timeout = connection.requestTimeout;
  }

  async partitions(topics?: readonly string[]): Promise<ReadonlyMap<string, readonly number[]>> {
    await this.#cluster.refresh(topics);
    return this.#cluster.partitions;
  }

  async offsets(
    partitions: readonly TopicPartition[],
    at: 'earliest' | 'latest' | number,
  ): Promise<readonly (number | undefined)[]> {
    const found = await this.#answers(partitions, at);
    const none = partitions.filter((partition) => found.get(nameOf(partition)) === -1);
    if (none.length > 0 && at !== 'latest') {
      const latest = await this.offsets(none, 'latest');
      for (const [i, partition] of none.entries()) found.set(nameOf(partition), latest[i]);
    }
    return partitions.map((partition) => found.get(nameOf(partition)));
  }

  /** Those of the leaders that answer; what is wrong with the others must not be more than what may heal. */
  async #answers(
    partitions: readonly TopicPartition[],
    at: 'earliest' | 'latest' | number,
  ): Promise<Map<string, number | undefined>> {
    const leaders = groupBy(partitions, (partition) => this.#cluster.leaderOf(partition));
    const found = new Map<string, number | undefined>();
    let first: unknown;
    const ask = async ([leader, led]: [number | undefined, TopicPartition[]]): Promise<void> => {
      try {
        if (leader === undefined) throw leaderless(led[0]!);
        for (const [name, offset] of await this.#listOffsets(leader, led, at)) found.set(name, offset);
      } catch (error) {
        if (!mayHeal(error)) throw error;
        first ??= error;
      }
    };
    await Promise.all([...leaders].map(ask));
    if (found.size === 0 && partitions.length > 0) throw first ?? leaderless(partitions[0]!);
    return found;
  }

  async #listOffsets(
    leader: number,
    partitions: readonly TopicPartition[],
    at: 'earliest' | 'latest' | number,
  ): Promise<[string, number][]> {
    const timestamp = String(typeof at === 'number' ? at : noTimestamp[at]);
    const topics = byTopic(partitions, ({ partition }) => ({ partition, timestamp }));
    return this.#cluster.onBroker(leader, async (broker, { listOffsets }) => {
      const { request, response } = listOffsets({ isolationLevel: readCommitted, topics });
      const { responses } = await broker.connectionPool.send({ request, response: decodeUnchecked(response) });
      return responses.flatMap(({ topic, partitions: answers }) =>
        answers
          .filter(({ errorCode }) => !isPassing(errorCode))
          .map(({ partition, errorCode, offset }): [string, number] => [
            nameOf({ topic, partition }),
            checked(errorCode, Number(offset)),
          ]),
      );
    });
  }

  async fetch(from: TopicPartition, offset: number, maxBytes: number): Promise<Fetched> {
    return this.#cluster.onBroker(this.#leaderOf(from), async (broker, { fetchRequest }) => {
      const partitions = [{ partition: from.partition, fetchOffset: String(offset), maxBytes }];
      const request = fetchRequest({
        replicaId: -1,
        maxWaitTime: fetchWait,
        minBytes: 1,
        maxBytes,
        isolationLevel: readCommitted,
        topics: [{ topic: from.topic, partitions }],
      });
      const { errorCode, bytes, aborted } = await broker.connectionPool.send({ request, response: decodeFetch });
      if (errorCode === codes.offsetOutOfRange) return { gone: true };
      return checked(errorCode, { gone: false, bytes, aborted });
    });
  }

  async commit(groupId: string, offsets: readonly (TopicPartition & { readonly offset: number })[]): Promise<void> {
    const topics = byTopic(offsets, ({ partition, offset }) => ({ partition, offset: String(offset) }));
    const coordinator = await this.#cluster.coordinatorOf(groupId);
    await this.#cluster.onBroker(coordinator, async (broker) => {
      await broker.offsetCommit({ groupId, groupGenerationId: noGeneration, memberId: '', topics });
    });
  }

  async committed(groupId: string, partition: TopicPartition): Promise<CommittedOffset | undefined> {
    const request = offsetFetchRequest(groupId, partition);
    const coordinator = await this.#cluster.coordinatorOf(groupId);
    return this.#cluster.onBroker(coordinator, async ({ connectionPool }) =>
      committedIn(await connectionPool.send({ request, response: decodeOffsetFetch })),
    );
  }

  async destinations(topics: readonly string[]): Promise<ReadonlyMap<string, Destination>> {
    await this.#cluster.refresh(topics, 'create');
    const there = [...this.#cluster.partitions].filter(([, partitions]) => partitions.length > 0);
    const largest = await largestBatches(
      this.#cluster,
      there.map(([topic]) => topic),
    );
    return new Map(
      there.map(([topic, partitions]): [string, Destination] => {
        const led = partitions.filter((partition) => this.#cluster.leaderOf({ topic, partition }) !== undefined);
        return [topic, { partitions: partitions.length, led, largestBatch: largest.get(topic) }];
      }),
    );
  }

  producer(transactions?: Transactions): Promise<KafkaProducer> {
    return openProducer({ cluster: this.#cluster, timeout: this.#timeout, transactions });
  }

  close(): Promise<void> {
    return this.#cluster.close();
  }

  #leaderOf(partition: TopicPartition): number {
    const leader = this.#cluster.leaderOf(partition);
    if (leader !== undefined) return leader;
    throw leaderless(partition);
  }
}
