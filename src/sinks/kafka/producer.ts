import type { ICustomPartitioner, Kafka, Producer, ProducerBatch, TopicMessages } from 'kafkajs';
import { messageOf, StreamjobError } from '../../base/errors.ts';
import type { SinkTask } from '../../component/sink.ts';
import { compressions } from '../../kafka/codecs.ts';
import { explained, mayHeal } from '../../kafka/errors.ts';
import { patiently } from '../../kafka/patience.ts';
import type { Connection } from '../../kafka/settings.ts';
import type { KafkaSinkConfig, Message } from './types.ts';

/** Where to and for whom something is sent. */
export interface Sending {
  readonly config: KafkaSinkConfig;
  readonly task: SinkTask;
  readonly connection: Connection;
}

/**
 * A producer for one sender at a time. Its sequence numbers tell the broker what it has already taken, if the same messages are sent
 * again and nothing else between; shared by several senders, kafkajs’s would give one number to the messages of two.
 */
export async function openProducer(kafka: Kafka, transactions?: Transactions): Promise<Producer> {
  const { Partitioners } = (await import('kafkajs')).default;
  const createPartitioner = keepingPartitions(Partitioners.DefaultPartitioner);
  return kafka.producer({
    createPartitioner,
    idempotent: true,
    maxInFlightRequests: 1,
    retry: { retries: fewestRetries, initialRetryTime: firstWait },
    ...transactions,
  });
}

/** The name by which a broker knows a producer across restarts, and how long one of its transactions may take, in milliseconds. */
interface Transactions {
  readonly transactionalId: string;
  readonly transactionTimeout: number;
}

/** It refuses to do without any. */
const fewestRetries = 1;
const firstWait = 100;

/**
 * Java’s partitioner, but a message that is sent again goes where it went at first: without a key it would go somewhere else, and a
 * broker would take other messages for those that it has.
 */
function keepingPartitions(create: ICustomPartitioner): ICustomPartitioner {
  return () => {
    const choose = create();
    return (args) => {
      const partition = args.message.partition ?? choose(args);
      args.message.partition = partition;
      return partition;
    };
  };
}

/** A chunk as kafkajs sends it, with the same sequence numbers if it is sent again. */
export const batchOf = (chunk: readonly Message[], { compression }: KafkaSinkConfig): ProducerBatch => ({
  topicMessages: byTopic(chunk),
  compression: compressions.indexOf(compression),
  acks: -1,
});

function byTopic(chunk: readonly Message[]): TopicMessages[] {
  const topics = new Map<string, TopicMessages>();
  for (const { topic, key, value, headers } of chunk) {
    const { messages } = topics.get(topic) ?? topics.set(topic, { topic, messages: [] }).get(topic)!;
    messages.push({ key: own(key), value: own(value), ...(headers && { headers: { ...headers } }) });
  }
  return [...topics.values()];
}

/** Bytes that come from a file are none of Node’s buffers, which kafkajs wants. */
const own = <T extends string | null>(bytes: T | Uint8Array): T | Buffer =>
  bytes instanceof Uint8Array ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength) : bytes;

/** A topic may just have been made; one that is missing for longer is no passing trouble. In milliseconds. */
const missingLimit = 5000;

/**
 * Calls again while what fails may heal, for `brokerTimeout`; `passing` are types of errors of the protocol that heal as well if all of it
 * is done anew. Rejects with StreamjobError.
 */
export async function deliver<T>(sending: Sending, call: () => Promise<T>, passing?: RegExp): Promise<T> {
  const limit = (thrown: unknown): number => {
    const type = typeOf(thrown);
    if (/UNKNOWN_TOPIC/.test(type)) return Math.min(missingLimit, sending.config.brokerTimeout);
    const heals = isPassing(thrown) || passing?.test(type) || mayHeal(deliveryError(thrown, sending));
    return heals ? sending.config.brokerTimeout : 0;
  };
  try {
    return await patiently(call, { limit });
  } catch (thrown) {
    throw final(deliveryError(thrown, sending), sending.task.sink);
  }
}

interface KafkajsError extends Error {
  readonly type?: string;
  /** Its address. */
  readonly broker?: string;
}

/** kafkajs wraps errors when it does not retry. */
function innermost(thrown: unknown): unknown {
  let error = thrown as Error;
  while (/Retries|^KafkaJSNonRetriableError$/.test(error?.name) && error.cause instanceof Error) error = error.cause;
  return error;
}

/** As the protocol has it; `PRODUCER_FENCED` is younger than kafkajs. */
function typeOf(thrown: unknown): string {
  const { type = '', message } = innermost(thrown) as KafkajsError;
  return message === 'Unknown error code 90' ? 'PRODUCER_FENCED' : type;
}

/** A coordinator or metadata that are not there yet; kafkajs holds these for final. */
const isPassing = (thrown: unknown): boolean =>
  /COORDINATOR/.test(typeOf(thrown)) || /Coordinator|MetadataNotLoaded/.test((innermost(thrown) as Error).name);

/** What kafkajs threw, as an error that names the broker or what is wrong with the message. */
export function deliveryError(thrown: unknown, { connection, task, config }: Sending): StreamjobError {
  const cause = innermost(thrown) as KafkajsError;
  const type = typeOf(thrown);
  if (cause instanceof StreamjobError) return cause;
  if (/MESSAGE_TOO_LARGE|RECORD_LIST_TOO_LARGE/.test(type)) return tooLarge(task.sink, cause);
  const known = connection.brokers.map(({ host, port }) => `${host}:${port}`);
  const where = cause.broker ?? known[0]!;
  const origin = known.includes(where) ? 'brokers' : 'advertised';
  const colon = where.lastIndexOf(':');
  const address = { host: where.slice(0, colon), port: Number(where.slice(colon + 1)) };
  const error = explained(cause, address, origin, connection);
  return /UNKNOWN_TOPIC/.test(type) ? missing(config, task.sink, cause) : error;
}

const tooLarge = (sink: string, cause: Error): StreamjobError =>
  new StreamjobError('not-delivered', `The sink ${sink}: a message is larger than the broker takes.`, {
    cause,
    remedy:
      'Raise `max.message.bytes` of the topic, take a `compression`, or leave large records out with a `filter` step.',
  });

const missing = ({ topic }: KafkaSinkConfig, sink: string, cause: Error): StreamjobError =>
  new StreamjobError(
    'kafka-failed',
    `The sink ${sink}: ${typeof topic === 'string' ? `the topic ${topic}` : 'a topic'} is not there.`,
    {
      cause,
      remedy:
        'Create it with `kafka-topics.sh --create`, or correct `topic`; brokers may create topics by themselves if `auto.create.topics.enable` says so.',
    },
  );

/** It has been tried for long enough. */
function final(error: StreamjobError, sink: string): StreamjobError {
  if (!error.mayPass) return error;
  const { remedy, cause } = error;
  return new StreamjobError(
    'not-delivered',
    messageOf(error).includes(sink) ? error.message : `The sink ${sink}: ${error.message}`,
    {
      remedy,
      cause,
    },
  );
}
