import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { folderWith, start, streamjob } from '../cli/command.ts';
import type { Kafka } from '../services/kafka/broker.mjs';
import { clientOf, createTopic, KafkaService, readMessages } from '../services/kafka/kafka.ts';

let service: KafkaService;
beforeAll(async () => {
  service = await KafkaService.start();
});
afterAll(() => service?.stop());

const job = (brokers: string, from: string, to: string): string => `name: ${to}
batchInterval: 200ms
checkpoint: ./checkpoint
sources: { lines: { kafka: { brokers: "${brokers}", topics: ${from}, from: earliest } } }
sinks:
  - { from: lines, name: copy, kafka: { brokers: "${brokers}", topic: ${to}, exactlyOnce: true } }
  - { from: lines, files: { path: out } }
`;

async function produce(kafka: Kafka, topic: string, values: readonly string[]): Promise<void> {
  const producer = clientOf(kafka).producer({ idempotent: true });
  await producer.connect();
  await producer.send({ topic, messages: values.map((value) => ({ value })) });
  await producer.disconnect();
}

async function endsOf(kafka: Kafka, topic: string): Promise<{ partition: number; offset: string }[]> {
  const admin = clientOf(kafka).admin();
  await admin.connect();
  const ends = await admin.fetchTopicOffsets(topic);
  await admin.disconnect();
  return ends;
}

let readers = 0;

/** All that readers of committed transactions see up to the end of the topic, which a last message in each partition marks. */
async function committed(kafka: Kafka, topic: string): Promise<string[]> {
  const end = `end ${++readers}`;
  const partitions = await endsOf(kafka, topic);
  const client = clientOf(kafka);
  const producer = client.producer();
  await producer.connect();
  await producer.send({ topic, messages: partitions.map(({ partition }) => ({ partition, value: end })) });
  await producer.disconnect();
  const consumer = client.consumer({ groupId: `reader-${topic}-${readers}`, readUncommitted: false });
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  const seen: string[] = [];
  let left = partitions.length;
  await new Promise<void>((resolve, reject) => {
    const eachMessage = async ({ message }: { message: { value: Buffer | null } }) => {
      const text = String(message.value);
      if (!text.startsWith('end ')) seen.push(text);
      else if (text === end && --left === 0) resolve();
    };
    consumer.run({ eachMessage }).catch(reject);
  });
  await consumer.disconnect();
  return seen.sort();
}

const inFiles = (cwd: string): string[] =>
  readdirSync(join(cwd, 'out'))
    .filter((name) => !name.startsWith('.'))
    .flatMap((name) => readFileSync(join(cwd, 'out', name), 'utf8').split('\n'))
    .filter((line) => line !== '')
    .sort();

const numbered = (from: number, until: number): string[] =>
  Array.from({ length: until - from }, (_, i) => `${from + i}`.padStart(6, '0'));

const run = (cwd: string, failpoint: string) =>
  streamjob(['run', 'job.yaml', '--once', '--threads', '2'], { cwd, env: { STREAMJOB_FAILPOINT: failpoint } });

const begin = (cwd: string) => start(['run', 'job.yaml', '--threads', '2'], { cwd });

/** What is left is worked off, and then everything is there once, in both sinks. */
async function expectOnce(kafka: Kafka, cwd: string, topic: string, count: number): Promise<void> {
  const { code, stderr } = await run(cwd, '');
  expect([code, stderr]).toEqual([0, expect.not.stringContaining('"error"')]);
  expect(inFiles(cwd).join()).toBe(numbered(0, count).join());
  expect((await committed(kafka, topic)).join()).toBe(numbered(0, count).join());
}

test('each message is there once, whichever step of a transaction a kill -9 falls on', async (context) => {
  const kafka = service.for(context);
  await createTopic(kafka, 'in', 2);
  await createTopic(kafka, 'out', 2);
  await produce(kafka, 'in', numbered(0, 1000));
  const cwd = folderWith({ 'job.yaml': job(kafka.brokers, 'in', 'out') });
  for (const failpoint of ['kafka.sending', 'kafka.sent', 'kafka.committed', 'sink.rename'])
    expect([failpoint, (await run(cwd, failpoint)).signal]).toEqual([failpoint, 'SIGKILL']);
  await expectOnce(kafka, cwd, 'out', 1000);
});

test('what was committed before a kill -9 is not sent again, though the batch was not done', async (context) => {
  const kafka = service.for(context);
  await createTopic(kafka, 'given');
  await createTopic(kafka, 'marked');
  await produce(kafka, 'given', numbered(0, 100));
  const cwd = folderWith({ 'job.yaml': job(kafka.brokers, 'given', 'marked') });
  expect((await run(cwd, 'kafka.committed')).signal).toBe('SIGKILL');
  const { stdout } = await streamjob(['checkpoint', 'show', 'checkpoint', '--json'], { cwd });
  expect(JSON.parse(stdout).waiting).toHaveLength(1);
  expect((await committed(kafka, 'marked')).join()).toBe(numbered(0, 100).join());
  const ends = await endsOf(kafka, 'marked');
  expect((await run(cwd, '')).code).toBe(0);
  expect(await endsOf(kafka, 'marked')).toEqual(ends);
  expect(inFiles(cwd).join()).toBe(numbered(0, 100).join());
}, 120_000);

test('each message is there once after kills of the job at any time, while a producer goes on', async (context) => {
  const kafka = service.for(context);
  await createTopic(kafka, 'busy', 2);
  await createTopic(kafka, 'copied', 2);
  const cwd = folderWith({ 'job.yaml': job(kafka.brokers, 'busy', 'copied') });
  for (let life = 0; life < 5; life++) {
    const command = begin(cwd);
    for (let i = 5 * life; i < 5 * life + 5; i++) {
      await produce(kafka, 'busy', numbered(100 * i, 100 * i + 100));
      await sleep(100 * Math.random());
    }
    command.process.kill('SIGKILL');
    await command.ended;
  }
  await expectOnce(kafka, cwd, 'copied', 2500);
}, 180_000);

test('a job outlives a broker that is killed, and is away for a while', async (context) => {
  const kafka = service.for(context);
  await createTopic(kafka, 'before', 2);
  await createTopic(kafka, 'after', 2);
  const cwd = folderWith({ 'job.yaml': job(kafka.brokers, 'before', 'after') });
  const command = begin(cwd);
  await produce(kafka, 'before', numbered(0, 500));
  await kafka.kill();
  await command.seen('stderr', /cannot be reached/);
  await kafka.start();
  await produce(kafka, 'before', numbered(500, 1000));
  await command.seen('stderr', /answers again/);
  command.process.kill('SIGINT');
  const { code, stderr } = await command.ended;
  expect([code, stderr]).toEqual([0, expect.not.stringContaining('"error"')]);
  await expectOnce(kafka, cwd, 'after', 1000);
}, 180_000);

test('a sink whose broker is away says so once, and that it goes on', async (context) => {
  const kafka = service.for(context);
  await createTopic(kafka, 'ticks', 2);
  const cwd = folderWith({
    'job.yaml': `batchInterval: 200ms
sources: { numbers: { rate: { rowsPerSecond: 20 } } }
sinks: [{ from: numbers, name: copy, kafka: { brokers: "${kafka.brokers}", topic: ticks } }]
`,
  });
  const command = begin(cwd);
  await readMessages(kafka, 'ticks', 5);
  await kafka.kill();
  await command.seen('stderr', /sink copy: waiting, since the Kafka broker \S+ cannot be reached/);
  await kafka.start();
  await command.seen('stderr', /sink copy: what it sends is taken again/);
  command.process.kill('SIGINT');
  const { code, stderr } = await command.ended;
  expect([code, stderr.match(/sink copy: /g)]).toEqual([0, ['sink copy: ', 'sink copy: ']]);
}, 180_000);

test('of two runs of a job with checkpoints of their own, the older one is stopped', async (context) => {
  const kafka = service.for(context);
  await createTopic(kafka, 'shared');
  await createTopic(kafka, 'taken');
  const [older, newer] = [0, 1].map(() => folderWith({ 'job.yaml': job(kafka.brokers, 'shared', 'taken') }));
  const first = begin(older!);
  await produce(kafka, 'shared', ['first']);
  await first.seen('stderr', /reading|started|running/i);
  const second = begin(newer!);
  let ended = false;
  void first.ended.then(() => {
    ended = true;
  });
  while (!ended) {
    await produce(kafka, 'shared', ['more']);
    await sleep(100);
  }
  expect((await first.ended).code).toBe(1);
  expect((await first.ended).stderr).toContain('has taken over its transactions');
  second.process.kill('SIGINT');
  expect((await second.ended).code).toBe(0);
});
