import { StreamjobError } from '../../base/errors.ts';
import { nameOf, type TopicPartition } from '../client.ts';
import { type AddressOrigin, explained, passingCause } from '../errors.ts';
import type { Address, Connection } from '../settings.ts';
import { type Broker, type Internals, loadInternals, type Metadata } from './internals.ts';
import { checked, codes, decodeUnchecked } from './responses.ts';

interface Known {
  readonly address: Address;
  readonly origin: AddressOrigin;
  readonly broker: Broker;
}

/** The brokers of a cluster: finds them, connects to them when they are needed, forgets those that fail. */
export class Cluster {
  readonly #connection: Connection;
  readonly #internals: Internals = loadInternals();
  /** By address. */
  readonly #brokers = new Map<string, Known>();
  #addresses = new Map<number, Address>();
  #leaders = new Map<string, Map<number, number>>();
  readonly #coordinators = new Map<string, number>();

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** What is known since the last refresh. */
  get partitions(): ReadonlyMap<string, readonly number[]> {
    return new Map([...this.#leaders].map(([topic, leaders]) => [topic, [...leaders.keys()].sort((a, b) => a - b)]));
  }

  leaderOf({ topic, partition }: TopicPartition): number | undefined {
    const leader = this.#leaders.get(topic)?.get(partition);
    return leader === undefined || leader < 0 ? undefined : leader;
  }

  /**
   * Asks any broker for the brokers, the topics and their leaders. `create`: topics that are not there are made, if brokers do that, and
   * it rejects if one may not be used.
   */
  async refresh(topics?: readonly string[], create?: 'create'): Promise<void> {
    const allowAutoTopicCreation = create !== undefined;
    const { request, response } = this.#internals.metadata({ topics: topics ?? [], allowAutoTopicCreation });
    const metadata = await this.onAnyBroker(async ({ connectionPool }) => {
      const answer = await connectionPool.send({ request, response: decodeUnchecked(response) });
      if (create) for (const { topicErrorCode } of answer.topicMetadata) checkUsable(topicErrorCode);
      return answer;
    });
    this.#addresses = new Map(metadata.brokers.map(({ nodeId, host, port }) => [nodeId, { host, port }]));
    this.#leaders = new Map(
      metadata.topicMetadata
        .filter(isReadable)
        .map(({ topic, partitionMetadata }) => [topic, leadersOf(partitionMetadata)]),
    );
  }

  /** The broker that keeps the offsets of a group, or the transactions of a producer of this name. */
  async coordinatorOf(name: string, what: keyof typeof coordinatorTypes = 'group'): Promise<number> {
    const key = `${what} ${name}`;
    const known = this.#coordinators.get(key);
    if (known !== undefined && this.#addresses.has(known)) return known;
    const { coordinator } = await this.onAnyBroker((broker) =>
      broker.findGroupCoordinator({ groupId: name, coordinatorType: coordinatorTypes[what] }),
    );
    this.#addresses.set(coordinator.nodeId, coordinator);
    this.#coordinators.set(key, coordinator.nodeId);
    return coordinator.nodeId;
  }

  async onAnyBroker<T>(call: (broker: Broker, internals: Internals) => Promise<T>): Promise<T> {
    return this.#using(await this.#anyBroker(), (broker) => call(broker, this.#internals));
  }

  /** Calls a broker by its number in the cluster. */
  async onBroker<T>(nodeId: number, call: (broker: Broker, internals: Internals) => Promise<T>): Promise<T> {
    const address = this.#addresses.get(nodeId);
    if (!address) throw new StreamjobError('broker-unreachable', `The Kafka broker ${nodeId} has left the cluster.`);
    return this.#using(this.#open(address, 'advertised'), (broker) => call(broker, this.#internals));
  }

  async close(): Promise<void> {
    const open = [...this.#brokers.values()];
    this.#brokers.clear();
    await stayingAlive(() => Promise.all(open.map(({ broker }) => broker.disconnect().catch(() => undefined))));
  }

  /** One that is connected already, or the first of those that are known, or named in the job, that answers. */
  async #anyBroker(): Promise<Known> {
    const connected = [...this.#brokers.values()].find(({ broker }) => broker.isConnected());
    if (connected) return connected;
    let first: unknown;
    for (const address of [...this.#connection.brokers, ...this.#addresses.values()]) {
      const known = this.#open(address, 'brokers');
      try {
        return await this.#using(known, async () => known);
      } catch (error) {
        if (!(error instanceof StreamjobError && error.code === 'broker-unreachable')) throw error;
        first ??= error;
      }
    }
    throw first;
  }

  /**
   * Forgets a broker whose connection failed: the next call connects anew, perhaps elsewhere. `connect` returns at once if that is
   * done; asking for it keeps a call from coming between, while another one connects.
   */
  async #using<T>({ address, origin, broker }: Known, call: (broker: Broker) => Promise<T>): Promise<T> {
    try {
      return await stayingAlive(async () => {
        await broker.connect();
        return call(broker);
      });
    } catch (error) {
      this.#coordinators.clear();
      if (!isAnswer(error)) this.#forget(address, broker);
      throw explained(error, address, origin, this.#connection);
    }
  }

  #forget(address: Address, broker: Broker): void {
    if (this.#brokers.get(keyOf(address))?.broker === broker) this.#brokers.delete(keyOf(address));
    broker.disconnect().catch(() => undefined);
  }

  #open(address: Address, origin: AddressOrigin): Known {
    const known = this.#brokers.get(keyOf(address)) ?? { address, origin, broker: this.#makeBroker(address) };
    this.#brokers.set(keyOf(address), known);
    return known;
  }

  #makeBroker({ host, port }: Address): Broker {
    const { Broker, ConnectionPool, logger, socketFactory } = this.#internals;
    const { tls, sasl, clientId, connectTimeout, requestTimeout } = this.#connection;
    const connectionPool = new ConnectionPool({
      host,
      port,
      ssl: tls && { ...tls },
      sasl: sasl && { ...sasl },
      clientId,
      socketFactory,
      connectionTimeout: connectTimeout,
      requestTimeout,
      enforceRequestTimeout: true,
      logger,
    });
    return new Broker({ connectionPool, logger, authenticationTimeout: connectTimeout, allowAutoTopicCreation: false });
  }
}

const coordinatorTypes = { group: 0, transaction: 1 } as const;

export const leaderless = (partition: TopicPartition): StreamjobError =>
  new StreamjobError('kafka-failed', `${nameOf(partition)} has no broker that leads it now.`, {
    cause: passingCause('LEADER_NOT_AVAILABLE'),
    remedy: 'Look at the brokers: one of them, or one of its disks, may be away.',
  });

/** Sockets do not keep a process alive, as nobody closes those of tasks; but what somebody waits for does. */
async function stayingAlive<T>(work: () => Promise<T>): Promise<T> {
  const hold = setInterval(() => undefined, 0x7fffffff);
  try {
    return await work();
  } finally {
    clearInterval(hold);
  }
}

/** The broker has answered, if only with an error. */
const isAnswer = (error: unknown): boolean => (error as Error).name === 'KafkaJSProtocolError';

const keyOf = ({ host, port }: Address): string => `${host}:${port}`;

/** Throws kafkajs’s error for a topic that is there, or whose name is wrong. */
function checkUsable(topicErrorCode: number): void {
  if (topicErrorCode !== codes.unknownTopic && topicErrorCode !== codes.leaderNotAvailable)
    checked(topicErrorCode, undefined);
}

const isReadable = ({ isInternal, topicErrorCode }: Metadata['topicMetadata'][number]): boolean =>
  !isInternal && (topicErrorCode === codes.none || topicErrorCode === codes.leaderNotAvailable);

const leadersOf = (partitions: Metadata['topicMetadata'][number]['partitionMetadata']): Map<number, number> =>
  new Map(partitions.map(({ partitionId, leader }) => [partitionId, leader]));
