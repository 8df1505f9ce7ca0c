import { createRequire } from 'node:module';
import type { logCreator } from 'kafkajs';
import { fasterModules, mendRequestQueue, silent, unreferencedSockets } from './workarounds.ts';

/** What is used of kafkajs beyond its public API, and no more: an update has to be held against this. */
export interface Internals {
  readonly Broker: new (options: {
    connectionPool: ConnectionPool;
    logger: Logger;
    nodeId?: number;
    authenticationTimeout: number;
    allowAutoTopicCreation: boolean;
  }) => Broker;
  readonly ConnectionPool: new (options: {
    host: string;
    port: number;
    ssl: object | undefined;
    sasl: object | undefined;
    clientId: string;
    socketFactory: typeof unreferencedSockets;
    connectionTimeout: number;
    requestTimeout: number;
    enforceRequestTimeout: boolean;
    logger: Logger;
  }) => ConnectionPool;
  readonly logger: Logger;
  readonly socketFactory: typeof unreferencedSockets;
  /** Version 11, of Kafka 2.3. Makes the request that `send` of a connection pool takes. */
  fetchRequest(options: FetchRequest): unknown;
  /** Version 6. With an empty list, all topics. */
  metadata(options: { topics: readonly string[]; allowAutoTopicCreation: boolean }): Exchange<Metadata>;
  /** Version 3. */
  listOffsets(options: { isolationLevel: number; topics: readonly TopicQuery[] }): Exchange<ListedOffsets>;
  /** Version 1. */
  describeConfigs(options: { resources: readonly ConfigQuery[] }): Exchange<DescribedConfigs>;
  /** Version 7. */
  readonly produceResponse: Exchange<Produced>['response'];
  /** Version 1. */
  addPartitionsToTxn(options: Transaction & { topics: readonly TopicPartitions[] }): Exchange<AddedPartitions>;
}

interface Exchange<T> {
  readonly request: unknown;
  readonly response: { decode(payload: Buffer): Promise<T> };
}

export type Logger = object;

export interface ConnectionPool {
  send<T>(request: { request: unknown; response: ResponseDecoder<T> }): Promise<T>;
}

export interface ResponseDecoder<T> {
  decode(payload: Buffer): Promise<T>;
  parse(decoded: T): Promise<T>;
}

export interface Broker {
  readonly connectionPool: ConnectionPool;
  isConnected(): boolean;
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  findGroupCoordinator(request: { groupId: string; coordinatorType: number }): Promise<{
    readonly coordinator: { readonly nodeId: number; readonly host: string; readonly port: number };
  }>;
  offsetCommit(request: {
    groupId: string;
    groupGenerationId: number;
    memberId: string;
    topics: readonly TopicCommit[];
  }): Promise<unknown>;
  initProducerId(request: { transactionalId?: string; transactionTimeout: number }): Promise<ProducerIdentity>;
  addOffsetsToTxn(request: Transaction & { groupId: string }): Promise<unknown>;
  txnOffsetCommit(request: Transaction & { groupId: string; topics: readonly TopicCommit[] }): Promise<unknown>;
  endTxn(request: Transaction & { transactionResult: boolean }): Promise<unknown>;
}

/** How brokers know a producer. */
export interface ProducerIdentity {
  /** A number of 64 bits. */
  readonly producerId: string;
  readonly producerEpoch: number;
}

export interface Transaction extends ProducerIdentity {
  readonly transactionalId: string;
}

export interface Metadata {
  readonly brokers: readonly { readonly nodeId: number; readonly host: string; readonly port: number }[];
  readonly topicMetadata: readonly {
    readonly topicErrorCode: number;
    readonly topic: string;
    readonly isInternal?: boolean;
    readonly partitionMetadata: readonly { readonly partitionId: number; readonly leader: number }[];
  }[];
}

interface TopicQuery {
  readonly topic: string;
  readonly partitions: readonly { readonly partition: number; readonly timestamp: string }[];
}

interface ListedOffsets {
  readonly responses: readonly {
    readonly topic: string;
    readonly partitions: readonly { readonly partition: number; readonly errorCode: number; readonly offset: string }[];
  }[];
}

interface TopicCommit {
  readonly topic: string;
  readonly partitions: readonly { readonly partition: number; readonly offset: string; readonly metadata?: string }[];
}

interface TopicPartitions {
  readonly topic: string;
  readonly partitions: readonly number[];
}

interface ConfigQuery {
  readonly type: number;
  readonly name: string;
  readonly configNames: readonly string[];
}

interface DescribedConfigs {
  readonly resources: readonly {
    readonly errorCode: number;
    readonly resourceName: string;
    readonly configEntries: readonly { readonly configName: string; readonly configValue: string | null }[];
  }[];
}

interface Produced {
  readonly topics: readonly {
    readonly topicName: string;
    readonly partitions: readonly { readonly partition: number; readonly errorCode: number }[];
  }[];
}

interface AddedPartitions {
  readonly errors: readonly { readonly partitionErrors: readonly { readonly errorCode: number }[] }[];
}

export interface FetchRequest {
  readonly replicaId: number;
  readonly maxWaitTime: number;
  readonly minBytes: number;
  readonly maxBytes: number;
  readonly isolationLevel: number;
  readonly topics: readonly {
    readonly topic: string;
    readonly partitions: readonly {
      readonly partition: number;
      readonly fetchOffset: string;
      readonly maxBytes: number;
    }[];
  }[];
}

export interface RequestQueueClass {
  readonly prototype: {
    readonly pending: readonly unknown[];
    readonly inflight: ReadonlyMap<number, TimedRequest>;
    readonly requestTimeout: number;
    requestTimeoutIntervalId: NodeJS.Timeout | undefined;
    isConnected(): boolean;
    scheduleCheckPendingRequests(): void;
    scheduleRequestTimeoutCheck(): void;
  };
}

interface TimedRequest {
  readonly sentAt: number;
  readonly requestTimeout: number;
  timeoutRequest(): void;
}

let loaded: Internals | undefined;

/** Mends what has to be mended, also for those who use the public API. */
export function loadInternals(): Internals {
  loaded ??= load();
  return loaded;
}

function load(): Internals {
  const require = createRequire(import.meta.url);
  for (const [name, faster] of Object.entries(fasterModules)) exchange(require, name, faster);
  mendRequestQueue(require('kafkajs/src/network/requestQueue') as RequestQueueClass);
  const { createLogger, LEVELS } = require('kafkajs/src/loggers') as {
    createLogger(options: { level: number; logCreator: logCreator }): Logger;
    readonly LEVELS: { readonly NOTHING: number };
  };
  return {
    Broker: require('kafkajs/src/broker') as Internals['Broker'],
    ConnectionPool: require('kafkajs/src/network/connectionPool') as Internals['ConnectionPool'],
    logger: createLogger({ level: LEVELS.NOTHING, logCreator: silent }),
    socketFactory: unreferencedSockets,
    fetchRequest: require('kafkajs/src/protocol/requests/fetch/v11/request') as Internals['fetchRequest'],
    metadata: protocol(require('kafkajs/src/protocol/requests/metadata'), 6) as Internals['metadata'],
    listOffsets: protocol(require('kafkajs/src/protocol/requests/listOffsets'), 3) as Internals['listOffsets'],
    describeConfigs: protocol(
      require('kafkajs/src/protocol/requests/describeConfigs'),
      1,
    ) as Internals['describeConfigs'],
    produceResponse: require('kafkajs/src/protocol/requests/produce/v7/response') as Internals['produceResponse'],
    addPartitionsToTxn: protocol(
      require('kafkajs/src/protocol/requests/addPartitionsToTxn'),
      1,
    ) as Internals['addPartitionsToTxn'],
  };
}

/** Those that have loaded the module before go on with it as it was. */
function exchange(require: NodeJS.Require, name: string, exports: unknown): void {
  require(name);
  require.cache[require.resolve(name)]!.exports = exports;
}

/** A request of the protocol in this version. */
const protocol = (request: unknown, version: number): unknown =>
  (request as { protocol(options: { version: number }): unknown }).protocol({ version });
