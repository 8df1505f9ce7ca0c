import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { IHeaders, KafkaMessage } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { FunctionReference } from '#src/function/reference.ts';
import { openClient } from '#src/kafka/client.ts';
import { patiently } from '#src/kafka/patience.ts';
import type { KafkaProducer } from '#src/kafka/producer.ts';
import { connectionOf } from '#src/kafka/settings.ts';
import { Backlog } from '#src/sinks/kafka/backlog.ts';
import { BatchMaker } from '#src/sinks/kafka/batches.ts';
import kafkaSink from '#src/sinks/kafka.ts';
import { createTopic, KafkaService, readMessages, registerCodecs } from '../services/kafka/kafka.ts';
import { user } from '../services/kafka/properties.mjs';
import { sinkContext, sinkTask } from './sinkTask.ts';

type Config = Parameters<typeof kafkaSink.worker>[0];

let service: KafkaService;
beforeAll(async () => {
  await registerCodecs();
  service = await KafkaService.start({ listeners: ['PLAINTEXT', 'SASL_SSL'] });
});
afterAll(() => service?.stop());

const configure = (brokers: string, topic: Config['topic'], more: Partial<Config> = {}): Config => ({
  brokers,
  topic,
  clientId: 'test',
  ssl: false,
  connectTimeout: 5_000,
  requestTimeout: 30_000,
  compression: 'none',
  exactlyOnce: false,
  brokerTimeout: 60_000,
  ...more,
});

const fn = (text: string): FunctionReference => ({ text });

async function send(config: Config, records: readonly unknown[], task = sinkTask()) {
  const writer = kafkaSink.worker(config, task);
  for (const record of records) writer.write(record);
  return writer.close();
}

const texts = (messages: readonly KafkaMessage[]): (string | undefined)[] =>
  messages.map(({ value }) => value?.toString());

test('readers do not see what aborted transactions have sent, though they lie across one another', async (context) => {
  const kafka = service.for(context);
  await createTopic(kafka, 'across');
  const client = openClient(connectionOf(configure(kafka.brokers, 'across')));
  const destinations = [...(await client.destinations(['across']))];
  const sendBy = async (producer: KafkaProducer, value: string): Promise<void> => {
    const backlog = new Backlog();
    backlog.add('across', null, value, undefined);
    for (const chunk of backlog.chunks())
      for (const batches of new BatchMaker(destinations, 'none').batchesOf(chunk)) await producer.send(batches);
  };
  const open = (transactionalId: string) =>
    patiently(() => client.producer({ transactionalId, timeout: 60_000 }), { limit: 60_000 });
  const long = await open('long');
  const short = await open('short');
  await sendBy(long, 'of the one that ends last');
  await sendBy(short, 'of the one that ends first');
  await short.end('abort');
  await long.end('abort');
  await sendBy(await client.producer(), 'of none');
  expect(texts(await readMessages(kafka, 'across', 1))).toEqual(['of none']);
  await client.close();
});

describe('what the kafka sink sends', () => {
  test.for(['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const)('compressed with %s', async (compression, context) => {
    const kafka = service.for(context);
    const topic = `codec-${compression}`;
    await createTopic(kafka, topic);
    const records = Array.from({ length: 2000 }, (_, i) => `record ${i} with some text that comes again and again`);
    expect(await send(configure(kafka.brokers, topic, { compression }), records)).toEqual({ messages: 2000 });
    expect(texts(await readMessages(kafka, topic, 2000))).toEqual(records);
  });

  test('values as they are or as JSON, keys, headers and tombstones', async (context) => {
    const kafka = service.for(context);
    await createTopic(kafka, 'forms');
    const config = configure(kafka.brokers, 'forms', {
      key: fn('(record) => record?.id'),
      value: fn('(record) => record && "value" in record ? record.value : record'),
      headers: fn('(record) => ({ kind: typeof record, list: ["a", Uint8Array.of(1)], none: undefined })'),
    });
    const bytes = Uint8Array.of(0, 255);
    await send(config, [{ id: 'a', n: 1n }, { id: 1, value: 'text' }, { value: bytes }, { id: 'd', value: null }]);
    const messages = await readMessages(kafka, 'forms', 4);
    expect(messages.map(({ key }) => key?.toString() ?? null)).toEqual(['a', '1', null, 'd']);
    expect(messages.map(({ value }) => value && [...value])).toEqual([
      [...Buffer.from('{"id":"a","n":"1"}')],
      [...Buffer.from('text')],
      [0, 255],
      null,
    ]);
    const headers: IHeaders = { kind: Buffer.from('object'), list: [Buffer.from('a'), Buffer.from([1])] };
    expect(messages[0]!.headers).toEqual(headers);
  });

  test('each record to the topic that a function names', async (context) => {
    const kafka = service.for(context);
    for (const topic of ['events-a', 'events-b']) await createTopic(kafka, topic, 3);
    await send(configure(kafka.brokers, { by: fn('({ kind }) => `events-${kind}`') }), [{ kind: 'a' }, { kind: 'b' }]);
    expect(texts(await readMessages(kafka, 'events-b', 1))).toEqual(['{"kind":"b"}']);
  });

  test('more than it keeps in memory, and messages of a megabyte', async (context) => {
    const kafka = service.for(context);
    await createTopic(kafka, 'large', 2);
    const records = Array.from({ length: 30 }, (_, i) => `${i}`.padEnd(1_000_000, '.'));
    await send(configure(kafka.brokers, 'large', { compression: 'gzip' }), records);
    const numbers = texts(await readMessages(kafka, 'large', 30)).map((text) => Number.parseInt(text!, 10));
    expect(numbers.sort((a, b) => a - b)).toEqual(records.map((_, i) => i));
  });
});

test('batches are as small as their topic wants them', async (context) => {
  const kafka = service.for(context);
  await createTopic(kafka, 'narrow', 2, { 'max.message.bytes': '20000' });
  const records = Array.from({ length: 2000 }, (_, i) => `${i}`.padStart(4, '0').padEnd(100 + (i % 300), '.'));
  await send(configure(kafka.brokers, 'narrow', { key: fn('(text) => text.slice(0, 1)') }), records);
  expect(texts(await readMessages(kafka, 'narrow', 2000)).sort()).toEqual(records);
});

describe('with exactlyOnce', () => {
  test('a batch and partition that has been sent is not sent again', async (context) => {
    const kafka = service.for(context);
    await createTopic(kafka, 'once', 2);
    const config = configure(kafka.brokers, 'once', { exactlyOnce: true });
    await send(config, ['a', 'b'], sinkTask());
    await send(config, ['a', 'b'], sinkTask({ attempt: 'b' }));
    await send(config, ['a', 'b'], sinkTask({ run: 2, again: true }));
    await send(config, ['c'], sinkTask({ partition: 1, run: 2, again: true }));
    await send(config, ['d'], sinkTask({ time: 2000, run: 2 }));
    await send(config, ['begun anew'], sinkTask({ run: 3 }));
    expect(texts(await readMessages(kafka, 'once', 5)).sort()).toEqual(['a', 'b', 'begun anew', 'c', 'd']);
  });

  test('of two runs the older one is stopped by what the newer one has sent', async (context) => {
    const kafka = service.for(context);
    await createTopic(kafka, 'twice');
    const config = configure(kafka.brokers, 'twice', { exactlyOnce: true });
    const task = (run: number, time: number) => sinkTask({ run: 1.7e12 + run, time, sink: 'twice' });
    await send(config, ['old 1'], task(1, 1000));
    await send(config, ['new 2'], task(2, 2000));
    await expect(send(config, ['old 3'], task(1, 3000))).rejects.toMatchObject({
      code: 'not-delivered',
      message: expect.stringMatching(/twice: another run of this job, started 2023-.*, has taken over/),
    });
    await send(config, ['new 4'], task(2, 4000));
    expect(texts(await readMessages(kafka, 'twice', 3))).toEqual(['old 1', 'new 2', 'new 4']);
  });

  test('a partition goes to many topics in one transaction, or to none of them', async (context) => {
    const kafka = service.for(context);
    for (const topic of ['part-a', 'part-b']) await createTopic(kafka, topic);
    const topic = { by: fn('({ kind }) => `part-${kind}`') };
    const config = configure(kafka.brokers, topic, { exactlyOnce: true });
    const many = Array.from({ length: 40_000 }, () => ({ kind: 'a', text: 'some text' }));
    const broken = [{ kind: 'b' }, ...many, { kind: 'a', text: 'x'.repeat(5_000_000) }];
    const task = sinkTask({ sink: 'many' });
    await expect(send(config, broken, task)).rejects.toMatchObject({ code: 'not-delivered' });
    await send(
      config,
      [
        { kind: 'b', n: 2 },
        { kind: 'a', n: 2 },
      ],
      task,
    );
    await send(
      config,
      [
        { kind: 'a', n: 2 },
        { kind: 'b', n: 2 },
      ],
      task,
    );
    await send(config, [{ kind: 'b', n: 3 }], sinkTask({ sink: 'many', time: 2000 }));
    expect(texts(await readMessages(kafka, 'part-b', 2))).toEqual(['{"kind":"b","n":2}', '{"kind":"b","n":3}']);
    expect(texts(await readMessages(kafka, 'part-a', 1))).toEqual(['{"kind":"a","n":2}']);
  });
});

describe('what the kafka sink says when', () => {
  const failing = async (config: Config, record: unknown = 'x') =>
    send({ ...config, brokerTimeout: 1000 }, [record]).then(
      () => undefined,
      ({ code, message, remedy }) => ({ code, message, remedy }),
    );

  test('nobody is at the address', async () => {
    const error = await failing(configure('127.0.0.1:1', 'x'));
    expect(error).toMatchObject({ code: 'broker-unreachable', message: expect.stringContaining('127.0.0.1:1') });
  });

  test('the topic is not there', async (context) => {
    const { brokers } = service.for(context);
    const error = await failing(configure(brokers, 'absent'));
    expect(error).toMatchObject({ code: 'not-delivered', message: 'The sink sink 1: the topic absent is not there.' });
  });

  test('a message is too large', async (context) => {
    const kafka = service.for(context);
    await createTopic(kafka, 'small');
    const error = await failing(configure(kafka.brokers, 'small'), 'x'.repeat(5_000_000));
    expect(error).toMatchObject({ code: 'not-delivered', message: expect.stringContaining('larger than') });
  });

  test('the login is right, wrong or missing, or TLS is', async (context) => {
    const kafka = service.for(context);
    await createTopic(kafka, 'secret');
    const ssl = { ca: kafka.ca, rejectUnauthorized: true };
    const sasl = { mechanism: 'plain' as const, ...user };
    const config = configure(kafka.address('SASL_SSL'), 'secret', { ssl, sasl });
    expect(await send(config, ['x'])).toEqual({ messages: 1 });
    const wrong = await failing({ ...config, sasl: { ...sasl, password: 'wrong' } });
    expect(wrong).toMatchObject({ code: 'broker-refused', message: expect.stringContaining(user.username) });
    expect(await failing({ ...config, ssl: true })).toMatchObject({ code: 'broker-refused' });
    const { sasl: _, ...withoutLogin } = config;
    expect(await failing(withoutLogin)).toMatchObject({ remedy: expect.stringContaining('sasl') });
    const driver = kafkaSink.driver({ ...config, sasl: { ...sasl, password: 'wrong' } }, sinkContext);
    await expect(driver.start!()).rejects.toMatchObject({ code: 'broker-refused' });
  });

  test('brokers call themselves what cannot be reached', async (context) => {
    const kafka = service.for(context);
    await createTopic(kafka, 'hidden');
    await kafka.stop();
    const properties = join(kafka.directory, 'server.properties');
    const settings = readFileSync(properties, 'utf8');
    writeFileSync(properties, settings.replace(/^(advertised.listeners=PLAINTEXT:..127.0.0.1):\d+/m, '$1:9'));
    await kafka.start();
    for (const exactlyOnce of [false, true]) {
      /** A broker that has just been started may say that it is not ready. */
      const said = expect.poll(() => failing(configure(kafka.brokers, 'hidden', { exactlyOnce })), {
        timeout: 120_000,
      });
      await said.toMatchObject({
        code: 'broker-unreachable',
        message: expect.stringContaining('one of its brokers, which calls itself 127.0.0.1:9, cannot be reached'),
        remedy: expect.stringContaining('advertised.listeners'),
      });
    }
  }, 180_000);
});
