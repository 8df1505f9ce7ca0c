import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import kafkaSink from '#src/sinks/kafka.ts';
import { createTopic, KafkaService, readMessages } from '../services/kafka/kafka.ts';
import { sinkTask } from './sinkTask.ts';

/** What becomes of a produce request: the broker never gets it, or its answer gets lost. */
type Fault = 'none' | 'unheard' | 'unanswered';

/** Stands before a broker and breaks connections at the produce requests that have a fault. */
class Breaker {
  faults: readonly Fault[] = [];
  requests = 0;
  broker = 0;
  readonly #server: Server = createServer((client) => this.#join(client));

  async listen(): Promise<number> {
    await new Promise<void>((listening) => this.#server.listen(0, '127.0.0.1', listening));
    return (this.#server.address() as { port: number }).port;
  }

  close(): void {
    this.#server.close();
  }

  #join(client: Socket): void {
    const broker = connect(this.broker, '127.0.0.1');
    const end = () => [client, broker].forEach((socket) => void socket.destroy());
    for (const socket of [client, broker]) socket.on('error', end).on('close', end);
    let breaking = false;
    broker.on('data', (answer) => (breaking ? end() : client.write(answer)));
    let bytes = Buffer.alloc(0);
    client.on('data', (more: Buffer) => {
      bytes = Buffer.concat([bytes, more]);
      for (let request = first(bytes); request; request = first(bytes)) {
        bytes = bytes.subarray(request.length);
        const fault = request.readInt16BE(4) === 0 ? this.faults[this.requests++] : undefined;
        if (fault === 'unheard') return void end();
        breaking ||= fault === 'unanswered';
        broker.write(request);
      }
    });
  }
}

/** The first whole request. */
function first(bytes: Buffer): Buffer | undefined {
  const length = bytes.length < 4 ? Number.POSITIVE_INFINITY : 4 + bytes.readInt32BE(0);
  return bytes.length < length ? undefined : bytes.subarray(0, length);
}

const breaker = new Breaker();
let service: KafkaService;
beforeAll(async () => {
  service = await KafkaService.start({ advertised: `127.0.0.1:${await breaker.listen()}` });
}, 300_000);
afterAll(async () => {
  breaker.close();
  await service?.stop();
});

const cases = [
  { exactlyOnce: false, partitions: 1 },
  { exactlyOnce: false, partitions: 3 },
  { exactlyOnce: true, partitions: 3 },
];

test.for(cases)('each message is sent once, whatever gets lost: %o', { timeout: 240_000 }, async (given, context) => {
  const { exactlyOnce, partitions } = given;
  const kafka = service.for(context);
  breaker.broker = kafka.ports.PLAINTEXT!;
  const topic = `broken-${exactlyOnce}-${partitions}`;
  await createTopic(kafka, topic, partitions);
  const config: Parameters<typeof kafkaSink.worker>[0] = {
    ...{ brokers: kafka.brokers, topic, clientId: 'test', ssl: false, connectTimeout: 20_000, requestTimeout: 30_000 },
    ...{ compression: 'none', exactlyOnce, brokerTimeout: 120_000 },
  };
  const often: Fault[] = ['unanswered', 'unheard', 'none', 'unheard', 'none', 'none'];
  const whileMany: Fault[] = ['unanswered', 'none', 'none', 'none', 'unheard', 'none'];
  breaker.requests = 0;
  breaker.faults = exactlyOnce ? often : [...often, ...whileMany];
  const writer = kafkaSink.worker(config, sinkTask({ sink: topic }));
  const values = Array.from({ length: 9000 }, (_, i) => `${i}`.padStart(5, '0').padEnd(1000, '.'));
  for (const value of values) writer.write(value);
  expect(await writer.close()).toEqual({ messages: 9000 });
  expect(breaker.requests).toBeGreaterThan(breaker.faults.length);
  const messages = (await readMessages(kafka, topic, 9000)).map(({ value }) => String(value));
  expect(messages.toSorted().join() === values.join()).toBe(true);
  if (partitions === 1) expect(messages.join() === values.join()).toBe(true);
});
