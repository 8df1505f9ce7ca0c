import './mendedReader.ts';
import { Kafka as Client, CompressionCodecs, type KafkaMessage, logLevel } from 'kafkajs';
import type { TestContext } from 'vitest';
import { codecOf, loadCodecs } from '#src/kafka/codecs.ts';
import { type Kafka, type KafkaOptions, startKafka } from './broker.mjs';

/**
 * A broker for the tests of a file, from `beforeAll`. Where there is none, because Java, Maven or the network are missing, the tests
 * that ask for it are skipped with the reason; they fail if STREAMJOB_TEST_SERVICES is `required`.
 */
export class KafkaService {
  #kafka: Kafka | undefined;
  #missing = '';

  static async start(options: KafkaOptions = {}): Promise<KafkaService> {
    const service = new KafkaService();
    try {
      service.#kafka = await startKafka(options);
    } catch (error) {
      if (process.env.STREAMJOB_TEST_SERVICES === 'required') throw error;
      service.#missing = `no Apache Kafka here: ${(error as Error).message.split('\n')[0]}`;
    }
    return service;
  }

  /** The broker, or the end of this test. */
  for({ skip }: TestContext): Kafka {
    if (this.#kafka === undefined) skip(this.#missing);
    return this.#kafka!;
  }

  async stop(): Promise<void> {
    await this.#kafka?.remove();
  }
}

/** A client that is not ours but kafkajs as it is: what it sees is what others see. */
export const clientOf = ({ brokers }: Pick<Kafka, 'brokers'>): Client =>
  new Client({ brokers: [brokers], logLevel: logLevel.NOTHING, retry: { retries: 8, initialRetryTime: 100 } });

/** kafkajs has only gzip of its own. */
export async function registerCodecs(): Promise<void> {
  await loadCodecs();
  for (const number of [1, 2, 3, 4] as const) {
    const codec = codecOf(number)!;
    CompressionCodecs[number] = () => ({
      compress: async ({ buffer }: { buffer: Buffer }) => codec.compress(buffer),
      decompress: async (bytes: Buffer) => codec.decompress(bytes),
    });
  }
}

export async function createTopic(
  kafka: Kafka,
  topic: string,
  numPartitions = 1,
  settings: Readonly<Record<string, string>> = {},
): Promise<void> {
  const configEntries = Object.entries(settings).map(([name, value]) => ({ name, value }));
  const admin = clientOf(kafka).admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic, numPartitions, configEntries }], waitForLeaders: false });
  await admin.disconnect();
}

/** The first messages that readers of committed transactions see of a topic. */
export async function readMessages(kafka: Kafka, topic: string, count: number, tries = 20): Promise<KafkaMessage[]> {
  return readOnce(kafka, topic, count).catch((error) => {
    if (tries === 0) throw error;
    return readMessages(kafka, topic, count, tries - 1);
  });
}

/** Fails while a broker that has just been started has no group coordinator. */
async function readOnce(kafka: Kafka, topic: string, count: number): Promise<KafkaMessage[]> {
  const consumer = clientOf(kafka).consumer({ groupId: `reader-${topic}-${Math.random()}`, readUncommitted: false });
  const messages: KafkaMessage[] = [];
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  await new Promise<void>((resolve, reject) => {
    consumer.on('consumer.crash', ({ payload }) => reject(payload.error));
    const eachMessage = async ({ message }: { message: KafkaMessage }) => {
      messages.push(message);
      if (messages.length === count) resolve();
    };
    consumer.run({ eachMessage }).catch(reject);
  });
  await consumer.disconnect();
  return messages;
}
