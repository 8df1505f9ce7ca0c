import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest';
import type { JsonValue } from '#src/base/json.ts';
import { catalog } from '#src/catalog/index.ts';
import type { Memory, Partition } from '#src/component/source.ts';
import { compressions } from '#src/kafka/codecs.ts';
import type { KafkaConfig, OffsetRange } from '#src/sources/kafka/types.ts';
import source from '#src/sources/kafka.ts';
import { clientOf, createTopic, KafkaService, registerCodecs } from '../services/kafka/kafka.ts';
import { user } from '../services/kafka/properties.mjs';

let service: KafkaService;
beforeAll(async () => {
  service = await KafkaService.start({ listeners: ['PLAINTEXT', 'SASL_SSL'] });
}, 200_000);
afterAll(() => service?.stop());

const text = { name: 'text', config: {} };
const defaults = {
  clientId: 'test',
  ssl: false,
  connectTimeout: 5000,
  requestTimeout: 10_000,
  from: 'earliest',
  format: text,
  record: 'value',
  maxRecordsPerBatch: 1e6,
  brokerTimeout: 60_000,
  onDataLoss: 'fail',
} as const;

type Message = { key?: string | null; value: string | Buffer | null; headers?: Record<string, string | string[]> };

/** A source, what it says, and all records of its next batches. */
function open(config: Partial<KafkaConfig> & Pick<KafkaConfig, 'brokers' | 'topics'>, once = false) {
  const said: string[] = [];
  const log = (level: string, message: string): void => void said.push(`${level} ${message}`);
  const states = new Set<string>();
  const state = (now: string, message: string): void => void states.add(`${now}: ${message}`);
  const { load } = catalog.formats;
  const all: KafkaConfig = { ...defaults, ...config };
  const context = { job: 'test', name: 'in', parallelism: 2, once, loadFormat: load, log, state };
  const driver = source.driver!(all as never, context);
  const reader = source.worker!(all as never, load);
  const memory = new Map<string, JsonValue>();
  let time = 0;
  const plan = async (maxBytes?: number) => {
    time += 1000;
    const planned = await driver.plan(time, maxBytes);
    keep(memory, planned.memory);
    return planned;
  };
  const read = async (partitions: readonly Partition[]) => {
    const records: unknown[] = [];
    const bad: [unknown, string][] = [];
    const out = {
      input: () => {},
      bytes: () => {},
      records: (list: readonly unknown[]) => void records.push(...list),
      bad: (record: unknown, error: Error) => void bad.push([record, error.message]),
      log,
    };
    for (const split of partitions.flat()) await reader.read(split, out);
    return { records, bad };
  };
  /** Reads batches until there are so many records. */
  const take = async (count: number) => {
    const records: unknown[] = [];
    for (const end = Date.now() + 120_000; records.length < count; ) {
      if (Date.now() > end) throw new Error(`only ${records.length} of ${count} records; ${said.join('\n')}`);
      const { partitions } = await plan();
      if (partitions.length === 0) await new Promise((resolve) => setTimeout(resolve, 50));
      records.push(...(await read(partitions)).records);
    }
    return records;
  };
  return { driver, plan, read, take, said, states, memory, committed: () => driver.committed!(time, async () => {}) };
}

function keep(memory: Map<string, JsonValue>, changes: Memory = new Map()): void {
  for (const [key, value] of changes) memory.set(key, value);
}

/** Idempotent: kafkajs sends again to all partitions of a new topic if one of them does not know its leader yet. */
async function produce(brokers: string, topic: string, messages: readonly Message[], compression = 0, partition = 0) {
  await registerCodecs();
  const producer = clientOf({ brokers }).producer({ idempotent: true, retry: { retries: 10 } });
  await producer.connect();
  const sent = messages.map((message) => ({ partition, ...message }));
  await producer.send({ topic, compression, messages: sent as never });
  await producer.disconnect();
}

let topics = 0;
/** The broker, and a topic of this test. */
async function setUp(context: TestContext, partitions = 1) {
  const kafka = service.for(context);
  const topic = `t${++topics}`;
  // kafkajs gives up where a broker that has just been started has made the topic, and does not know it everywhere yet.
  await createTopic(kafka, topic, partitions).catch(() => createTopic(kafka, topic, partitions));
  return { kafka, brokers: kafka.brokers, topic };
}

async function administer<T>(
  kafka: Parameters<typeof clientOf>[0],
  call: (admin: ReturnType<ReturnType<typeof clientOf>['admin']>) => Promise<T>,
): Promise<T> {
  const admin = clientOf(kafka).admin();
  await admin.connect();
  try {
    return await call(admin);
  } finally {
    await admin.disconnect();
  }
}

const rangesOf = (partitions: readonly Partition[]): string[] =>
  (partitions.flat() as unknown as OffsetRange[])
    .map(({ topic, partition, from, until }) => `${topic}[${partition}] ${from}-${until}`)
    .sort();

describe('messages', () => {
  it.for(compressions.map((name, number) => [name, number] as const))(
    'are read that were sent with %s',
    async ([, number], context) => {
      const { brokers, topic } = await setUp(context);
      const values = Array.from({ length: 3000 }, (_, i) => `line ${i} – ${'ä'.repeat(i % 50)}`);
      await produce(
        brokers,
        topic,
        values.map((value) => ({ value })),
        number,
      );
      const { driver, take } = open({ brokers, topics: topic });
      await driver.start();
      expect(await take(values.length)).toEqual(values);
      await driver.stop();
    },
  );

  it('are one record each, whatever line ends they have', async (context) => {
    const { brokers, topic } = await setUp(context);
    const values = ['a', 'b\nc', '', 'd\r', '\n', `${'long '.repeat(100)}\nend`, 'e', null, 'f', Buffer.of(0xff, 0x41)];
    await produce(
      brokers,
      topic,
      values.map((value) => ({ value })),
    );
    const { driver, plan, read } = open({ brokers, topics: topic });
    await driver.start();
    const { records, bad } = await read((await plan()).partitions);
    expect(records).toEqual(values.slice(0, -1));
    expect(bad).toEqual([['\ufffdA', `${topic}[0], offsets 0 to 9: A record is not valid UTF-8.`]]);
    await driver.stop();
  });

  it('are JSON, CSV or bytes', async (context) => {
    const { brokers, topic } = await setUp(context);
    const readAs = async (name: string, config: Record<string, JsonValue>, values: (string | Buffer | null)[]) => {
      const from = Number(
        (await administer(service.for(context), (admin) => admin.fetchTopicOffsets(topic)))[0]!.offset,
      );
      await produce(
        brokers,
        topic,
        values.map((value) => ({ value })),
      );
      const { driver, read } = open({ brokers, topics: topic, format: { name, config } });
      const result = await read([[{ topic, partition: 0, from, until: from + values.length }]]);
      await driver.stop();
      return result;
    };
    const json = await readAs('json', {}, ['{"a":1}', '{\n  "b": [2]\n}', '3', '{', null, '', '"x"']);
    expect(json.records).toEqual([{ a: 1 }, { b: [2] }, 3, null, 'x']);
    expect(json.bad.map(([record]) => record).sort()).toEqual(['', '{']);
    const shape = { header: false, columns: ['id', 'name'], delimiter: ',', multiline: false };
    const csv = await readAs('csv', shape, ['1,x', '2,"y, z"\n', '3,a\n4,b', '5,c\r\n']);
    expect(csv.records).toEqual([
      { id: '1', name: 'x' },
      { id: '2', name: 'y, z' },
      { id: '5', name: 'c' },
    ]);
    expect(csv.bad.map(([, message]) => message)).toEqual([expect.stringContaining('holds 2 records of csv')]);
    const binary = await readAs('binary', {}, [Buffer.of(0, 10, 255), Buffer.alloc(0), null]);
    expect(binary.records).toEqual([Uint8Array.of(0, 10, 255), new Uint8Array(0), null]);
  });

  it('come whole: key, headers, place and time', async (context) => {
    const { brokers, topic } = await setUp(context);
    const before = Date.now();
    await produce(brokers, topic, [
      { key: 'k', value: '1', headers: { a: 'x', b: ['y', 'z'] } },
      { key: null, value: null },
      { value: '{' },
      { key: '', value: '"v"' },
    ]);
    const { driver, plan, read } = open({
      brokers,
      topics: topic,
      format: { name: 'json', config: {} },
      record: 'full',
    });
    await driver.start();
    const { records, bad } = await read((await plan()).partitions);
    const place = (offset: number) => ({ topic, partition: 0, offset, timestamp: expect.any(Number) });
    expect(records).toEqual([
      { key: 'k', value: 1, headers: { a: 'x', b: ['y', 'z'] }, ...place(0) },
      { key: null, value: null, headers: {}, ...place(1) },
      { key: '', value: 'v', headers: {}, ...place(3) },
    ]);
    expect((records[0] as { timestamp: number }).timestamp).toBeGreaterThanOrEqual(before);
    expect(bad).toEqual([['{', expect.stringMatching(new RegExp(`^${topic}\\[0\\] at offset 2: .*not valid JSON`))]]);
    await driver.stop();
  });

  it('may have a megabyte, and lie in fifty partitions', async (context) => {
    const { brokers, topic } = await setUp(context, 50);
    const large = 'x'.repeat(1_000_000);
    await Promise.all(
      [0, 17].map((partition) => produce(brokers, topic, [{ value: large }, { value: 'small' }], 1, partition)),
    );
    const rest = Array.from({ length: 50 }, (_, partition) => ({ partition, value: `p${partition}` }));
    await produce(brokers, topic, rest);
    const { driver, take } = open({ brokers, topics: topic });
    await driver.start();
    const lengths = (await take(54)).map((value) => (value as string).length).sort((a, b) => b - a);
    expect(lengths.slice(0, 3)).toEqual([1_000_000, 1_000_000, 5]);
    expect(lengths).toHaveLength(54);
    await driver.stop();
  });
});

describe('offsets with gaps', () => {
  it('are those of aborted transactions and markers', async (context) => {
    const { kafka, brokers, topic } = await setUp(context);
    const producer = clientOf(kafka).producer({ transactionalId: topic, maxInFlightRequests: 1, idempotent: true });
    await producer.connect();
    for (const [i, end] of ['commit', 'abort', 'abort', 'commit'].entries()) {
      const transaction = await producer.transaction();
      await transaction.send({ topic, messages: [{ value: `${i}a` }, { value: `${i}b` }] });
      await (end === 'commit' ? transaction.commit() : transaction.abort());
    }
    const unfinished = await producer.transaction();
    await unfinished.send({ topic, messages: [{ value: 'not yet' }] });
    const { driver, plan, read } = open({ brokers, topics: topic }, true);
    await driver.start();
    const { partitions } = await plan();
    expect((await read(partitions)).records).toEqual(['0a', '0b', '3a', '3b']);
    expect(rangesOf(partitions)).toEqual([`${topic}[0] 0-12`]);
    await unfinished.abort();
    await producer.disconnect();
    await driver.stop();
  });

  it('are those of a compacted topic', async (context) => {
    const kafka = service.for(context);
    const topic = `t${++topics}`;
    const configEntries = Object.entries({
      'cleanup.policy': 'compact',
      'segment.ms': '100',
      'min.cleanable.dirty.ratio': '0.001',
      'min.compaction.lag.ms': '0',
      'max.compaction.lag.ms': '100',
    }).map(([name, value]) => ({ name, value }));
    await administer(kafka, (admin) =>
      admin.createTopics({ topics: [{ topic, numPartitions: 1, configEntries }], waitForLeaders: true }),
    );
    const { driver, read } = open({ brokers: kafka.brokers, topics: topic });
    const range = (until: number): Partition[] => [[{ topic, partition: 0, from: 0, until }]];
    let sent = 0;
    for (let seen = 0; sent < 4000 && seen === sent; ) {
      const messages = Array.from({ length: 50 }, (_, i) => ({ key: `k${i % 5}`, value: `v${sent + i}` }));
      await produce(kafka.brokers, topic, messages);
      sent += messages.length;
      await new Promise((resolve) => setTimeout(resolve, 150));
      seen = (await read(range(sent))).records.length;
    }
    const { records } = await read(range(sent));
    expect(records.at(-1)).toBe(`v${sent - 1}`);
    expect(new Set(records).size).toBe(records.length);
    await driver.stop();
  });

  it('are those that have expired: an error that names them, or a warning', async (context) => {
    const { kafka, brokers, topic } = await setUp(context);
    await produce(
      brokers,
      topic,
      Array.from({ length: 10 }, (_, i) => ({ value: `${i}` })),
    );
    const failing = open({ brokers, topics: topic });
    await failing.driver.start();
    const { partitions } = await failing.plan();
    await administer(kafka, (admin) =>
      admin
        .fetchTopicOffsets(topic)
        .then(() => admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '6' }] })),
    );
    await expect(failing.read(partitions)).rejects.toThrow(
      `${topic}[0] cannot be read as it was planned: the messages from offset 0 to 5 have expired`,
    );
    const skipping = open({ brokers, topics: topic, onDataLoss: 'skip' });
    expect((await skipping.read(partitions)).records).toEqual(['6', '7', '8', '9']);
    expect(skipping.said).toEqual([expect.stringContaining('goes on behind them')]);
    await failing.driver.stop();
  });
});

describe('batches', () => {
  it('begin where the job says, and go on where they were', async (context) => {
    const { brokers, topic } = await setUp(context);
    await produce(brokers, topic, [{ value: 'a' }, { value: 'b' }]);
    await new Promise((resolve) => setTimeout(resolve, 20));
    const between = Date.now();
    await produce(brokers, topic, [{ value: 'c' }]);
    const begin = async (from: KafkaConfig['from']) => {
      const { driver, plan } = open({ brokers, topics: topic, from });
      await driver.start();
      const ranges = rangesOf((await plan()).partitions);
      await driver.stop();
      return ranges;
    };
    expect(await begin('earliest')).toEqual([`${topic}[0] 0-3`]);
    expect(await begin('latest')).toEqual([]);
    expect(await begin({ timestamp: between })).toEqual([`${topic}[0] 2-3`]);
    expect(await begin({ timestamp: new Date(between + 3_600_000).toISOString() })).toEqual([]);

    const first = open({ brokers, topics: topic, from: 'latest' }, true);
    await first.driver.start();
    const { partitions, done } = await first.plan();
    expect([rangesOf(partitions), done]).toEqual([[`${topic}[0] 3-3`], true]);
    expect((await first.read(partitions)).records).toEqual([]);
    await first.driver.stop();
    await produce(brokers, topic, [{ value: 'd' }, { value: 'e' }]);
    const second = open({ brokers, topics: topic, from: 'latest' }, true);
    second.driver.restore!(first.memory, new Set());
    await second.driver.start();
    expect(rangesOf((await second.plan()).partitions)).toEqual([`${topic}[0] 3-5`]);
    await second.driver.stop();
  });

  it('have as much as they may, of every partition', async (context) => {
    const { brokers, topic } = await setUp(context, 2);
    await produce(
      brokers,
      topic,
      Array.from({ length: 90 }, (_, i) => ({ value: `${i}`, partition: i % 3 === 0 ? 1 : 0 })),
    );
    const limited = open({ brokers, topics: topic, maxRecordsPerBatch: 30 }, true);
    await limited.driver.start();
    expect(rangesOf((await limited.plan()).partitions)).toEqual([`${topic}[0] 0-20`, `${topic}[1] 0-10`]);
    expect(rangesOf((await limited.plan(900)).partitions)).toEqual([`${topic}[0] 20-26`, `${topic}[1] 10-13`]);
    const dones = [];
    for (let i = 0; i < 4; i++) dones.push((await limited.plan()).done);
    expect(dones.at(-1)).toBe(true);
    expect(Object.fromEntries(limited.memory)).toEqual({ [`${topic}[0]`]: 60, [`${topic}[1]`]: 30, looked: true });
    await limited.driver.stop();
    const slow = open({ brokers, topics: topic, maxRatePerPartition: 5 });
    await slow.driver.start();
    expect(rangesOf((await slow.plan()).partitions)).toEqual([`${topic}[0] 0-5`, `${topic}[1] 0-5`]);
    await slow.driver.stop();
  });

  it('have topics and partitions that come later, from their beginning', async (context) => {
    const { kafka, brokers, topic } = await setUp(context);
    const { driver, take, said } = open({ brokers, topics: `/^${topic}(-|$)/`, from: 'latest' });
    const waiting = open({ brokers, topics: `${topic}-later`, from: 'latest' });
    await produce(brokers, topic, [{ value: 'before' }]);
    await Promise.all([driver.start(), waiting.driver.start()]);
    expect(waiting.said).toEqual([
      `warn in: waiting for the topic ${topic}-later, which is not there; check \`topics\`, or make it`,
    ]);
    await administer(kafka, (admin) => admin.createPartitions({ topicPartitions: [{ topic, count: 2 }] }));
    await createTopic(kafka, `${topic}-later`);
    await produce(brokers, topic, [{ value: 'in a new partition' }], 0, 1);
    await produce(brokers, `${topic}-later`, [{ value: 'in a new topic' }]);
    expect((await take(2)).sort()).toEqual(['in a new partition', 'in a new topic']);
    expect(await waiting.take(1)).toEqual(['in a new topic']);
    expect([...waiting.states]).toEqual([
      waiting.said[0]!.replace('warn in', 'waiting'),
      'active: the Kafka cluster answers',
    ]);
    expect(said).toEqual([]);
    await Promise.all([driver.stop(), waiting.driver.stop()]);
  });

  it('tell their group how far they are, and know nothing of other groups', async (context) => {
    const { kafka, brokers, topic } = await setUp(context);
    await produce(brokers, topic, [{ value: 'a' }, { value: 'b' }]);
    for (const groupId of ['g1', 'g2'].map((name) => `${topic}-${name}`)) {
      const { driver, take, committed } = open({ brokers, topics: topic, groupId }, true);
      await driver.start();
      expect(await take(2)).toEqual(['a', 'b']);
      await driver.stop();
      await committed();
      const told = await administer(kafka, (admin) => admin.fetchOffsets({ groupId, topics: [topic] }));
      expect(told[0]!.partitions.map(({ offset }) => offset)).toEqual(['2']);
    }
  });

  it('say so if a topic was made anew', async (context) => {
    const { brokers, topic } = await setUp(context);
    await produce(brokers, topic, [{ value: 'a' }]);
    const memory = new Map<string, JsonValue>([
      ['looked', true],
      [`${topic}[0]`, 5],
    ]);
    const failing = open({ brokers, topics: topic }, true);
    failing.driver.restore!(memory, new Set());
    await failing.driver.start();
    await expect(failing.plan()).rejects.toThrow(`${topic}[0] ends at offset 1, but has been read up to 5`);
    const skipping = open({ brokers, topics: topic, onDataLoss: 'skip' }, true);
    skipping.driver.restore!(memory, new Set());
    await skipping.driver.start();
    expect(rangesOf((await skipping.plan()).partitions)).toEqual([`${topic}[0] 0-1`]);
    await Promise.all([failing.driver.stop(), skipping.driver.stop()]);
  });
});

describe('brokers', () => {
  const refused = 'cannot be reached: connection refused';

  it('that do not answer are named within seconds, with what to check', async () => {
    const nobody = open({ brokers: '127.0.0.1:9', topics: 'x' });
    const starting = nobody.driver.start();
    await until(() => nobody.said.length > 0);
    expect(nobody.said).toEqual([
      `warn in: waiting, since the Kafka broker 127.0.0.1:9 ${refused}. Check \`brokers\`, and that the broker runs and can be reached from this machine.`,
    ]);
    expect([...nobody.states]).toEqual([nobody.said[0]!.replace('warn in', 'waiting')]);
    await nobody.driver.stop();
    await starting;
    const unknown = open({ brokers: 'no-such-host.invalid:9092', topics: 'x' });
    const looking = unknown.driver.start();
    await until(() => unknown.said.length > 0);
    expect(unknown.said[0]).toMatch(
      /no-such-host\.invalid:9092 cannot be reached: the name (is not known|cannot be looked up now)/,
    );
    await unknown.driver.stop();
    await looking;
  });

  it('may lack a topic, which `--once` does not wait for', async (context) => {
    const { brokers } = service.for(context);
    const { driver } = open({ brokers, topics: 'no-such-topic' }, true);
    await expect(driver.start()).rejects.toThrow('Kafka does not have the topic no-such-topic.');
    await driver.stop();
  });

  it('need the right password, authority and kind of listener', async (context) => {
    const kafka = service.for(context);
    const brokers = kafka.address('SASL_SSL').replace('127.0.0.1', 'localhost');
    const topic = `t${++topics}`;
    await createTopic(kafka, topic);
    const ssl = { ca: kafka.ca, rejectUnauthorized: true };
    const sasl = { mechanism: 'plain', ...user } as const;
    const started = async (config: Partial<KafkaConfig>): Promise<string> => {
      const { driver, said } = open({ brokers, topics: topic, connectTimeout: 2000, requestTimeout: 2000, ...config });
      const starting = driver.start().then(
        () => 'started',
        (error: Error) => error.message,
      );
      const result = await Promise.race([starting, until(() => said.length > 0).then(() => said[0]!)]);
      await driver.stop();
      await starting;
      return result;
    };
    expect(await started({ ssl, sasl })).toBe('started');
    expect(await started({ ssl, sasl: { ...sasl, password: 'wrong' } })).toMatch(
      /^The Kafka broker localhost:\d+ does not let the user alice \(plain\) in: .*Invalid username or password/,
    );
    expect(await started({ ssl, sasl: { ...sasl, mechanism: 'scram-sha-256' } })).toMatch(
      /does not let the user alice \(scram-sha-256\) in: .*not support/,
    );
    expect(await started({ ssl: true, sasl })).toMatch(
      /^No TLS connection to the Kafka broker localhost:\d+: .*self.signed/,
    );
    expect(await started({ ssl, sasl, brokers: kafka.brokers })).toMatch(
      /(No TLS connection|cannot be reached: it closed the connection)/,
    );
    expect(await started({})).toMatch(
      /^warn in: waiting, since the Kafka broker localhost:\d+ cannot be reached: it closed the connection.* addressed without `ssl`/,
    );
  });

  it('that are away are waited for, by the one that plans and the one that reads', async (context) => {
    const { kafka, brokers, topic } = await setUp(context);
    await produce(brokers, topic, [{ value: 'a' }, { value: 'b' }]);
    const { driver, plan, read, take, said } = open({ brokers, topics: topic });
    await driver.start();
    const { partitions } = await plan();
    await kafka.stop();
    const reading = read(partitions);
    await until(() => said.some((line) => line.includes('waiting to read on')));
    for (let i = 0; i < 5; i++) expect((await plan()).partitions).toEqual([]);
    await until(() => said.some((line) => line.includes('in: waiting, since')), plan);
    expect(said.filter((line) => line.includes('in: waiting, since')).length).toBe(1);
    await kafka.start();
    expect((await reading).records).toEqual(['a', 'b']);
    await produce(brokers, topic, [{ value: 'c' }]);
    expect(await take(1)).toEqual(['c']);
    expect(said.at(-1)).toBe('info in: the Kafka cluster answers again');
    await driver.stop();
  }, 180_000);

  it('that call themselves what cannot be reached are named', async (context) => {
    const { kafka, brokers, topic } = await setUp(context);
    await kafka.stop();
    const properties = join(kafka.directory, 'server.properties');
    const settings = readFileSync(properties, 'utf8');
    writeFileSync(
      properties,
      settings.replace(/^advertised.listeners=.*$/m, 'advertised.listeners=PLAINTEXT://127.0.0.1:9'),
    );
    await kafka.start();
    const { driver, said } = open({ brokers, topics: topic });
    const starting = driver.start();
    await until(() => said.some((line) => line.includes('calls itself')));
    expect(said.at(-1)).toBe(
      'warn in: waiting, since the Kafka cluster answers, but one of its brokers, which calls itself 127.0.0.1:9, cannot be reached: connection refused. Check that this broker runs, and that its `advertised.listeners` name an address that this machine can reach.',
    );
    await driver.stop();
    await starting;
  }, 180_000);
});

async function until(condition: () => boolean, each: () => unknown = () => {}): Promise<void> {
  for (const end = Date.now() + 120_000; !condition(); ) {
    if (Date.now() > end) throw new Error('it does not come');
    await each();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
