import { setTimeout as sleep } from 'node:timers/promises';
import type { ICustomPartitioner, Kafka, Producer, ProducerBatch, TopicMessages } from 'kafkajs';
import { messageOf, StreamjobError } from '../../base/errors.ts';
import type { SinkTask } from '../../component/sink.ts';
import { compressions } from '../../kafka/codecs.ts';
import { explained, mayHeal } from '../../kafka/errors.ts';
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
export async function openProducer(kafka: Kafka): Promise<Producer> {
  const { Partitioners } = (await import('kafkajs')).default;
  const createPartitioner = keepingPartitions(Partitioners.DefaultPartitioner);
  return kafka.producer({
    createPartitioner,
    idempotent: true,
    maxInFlightRequests: 1,
    retry: { retries: fewestRetries, initialRetryTime: firstWait },
  });
}

/** It refuses to do without any. */
const fewestRetries = 1;

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

/** Sends a chunk, again with the same sequence numbers while what fails may heal. */
export async function sendChunk(
  sender: { sendBatch(batch: ProducerBatch): Promise<unknown> },
  chunk: readonly Message[],
  sending: Sending,
): Promise<void> {
  const topicMessages = byTopic(chunk);
  const compression = compressions.indexOf(sending.config.compression);
  await patiently(sending, () => sender.sendBatch({ topicMessages, compression, acks: -1 }));
}

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

const firstWait = 100;
const longestWait = 5000;
/** A topic may just have been made; one that is missing for longer is no passing trouble. */
const missingLimit = 5000;

/** Calls again, with growing waits, while what fails may heal, for `brokerTimeout`. Rejects with StreamjobError. */
export async function patiently<T>(sending: Sending, call: () => Promise<T>): Promise<T> {
  const begin = Date.now();
  for (let wait = firstWait; ; wait = Math.min(2 * wait, longestWait)) {
    try {
      return await call();
    } catch (thrown) {
      const error = deliveryError(thrown, sending);
      const limit = /UNKNOWN_TOPIC/.test(typeOf(thrown)) ? missingLimit : sending.config.brokerTimeout;
      if (!(mayHeal(error) || isPassing(thrown)) || Date.now() - begin + wait > limit)
        throw final(error, sending.task.sink);
    }
    await sleep(wait);
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

const typeOf = (thrown: unknown): string => String((innermost(thrown) as { type?: string }).type ?? '');

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
