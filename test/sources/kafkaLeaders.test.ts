import { mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { folderWith, printed, start, streamjob } from '../cli/command.ts';
import { clientOf, createTopic, KafkaService } from '../services/kafka/kafka.ts';

const disks = mkdtempSync(join(tmpdir(), 'streamjob-disks-'));
const [first, second] = [join(disks, 'first'), join(disks, 'second')];

let service: KafkaService;
beforeAll(async () => {
  service = await KafkaService.start({ properties: { 'log.dirs': `${first},${second}` } });
});
afterAll(async () => {
  await service?.stop();
  rmSync(disks, { recursive: true, force: true });
});

/** The broker starts without one of its disks: what lies there has no leader. */
test('partitions without a leader are left out with a warning, get nothing, and are read when they have one', async (context) => {
  const kafka = service.for(context);
  await createTopic(kafka, 'spread', 4);
  const produce = async (partitions: readonly number[], value: string) => {
    const producer = clientOf(kafka).producer({ idempotent: true });
    await producer.connect();
    await producer.send({ topic: 'spread', messages: partitions.map((partition) => ({ partition, value })) });
    await producer.disconnect();
  };
  await produce([0, 1, 2, 3], 'old');
  const lost = readdirSync(second).filter((name) => name.startsWith('spread-'));
  expect(lost.length).toBeGreaterThan(0);
  expect(lost.length).toBeLessThan(4);
  const away = lost.map((name) => Number(name.split('-')[1]));

  await kafka.stop();
  renameSync(second, `${second}-away`);
  writeFileSync(second, '');
  await kafka.start();
  const cwd = folderWith({
    'job.yaml': `batchInterval: 200ms
sources: { lines: { kafka: { brokers: "${kafka.brokers}", topics: spread, from: earliest } } }
sinks: [{ from: lines, print: {} }]
`,
    'send.yaml': `batchInterval: 200ms
sources: { some: { queue: { batches: [[sent, sent, sent, sent]] } } }
sinks: [{ from: some, kafka: { brokers: "${kafka.brokers}", topic: spread } }]
`,
  });
  const refused = streamjob(['run', 'job.yaml', '--once'], { cwd });
  const command = start(['run', 'job.yaml', '--threads', '1'], { cwd });
  await command.seen('stderr', /leaving out spread\[/);
  await command.seen('stdout', new RegExp(`(old[^]*){${4 - away.length}}`));
  const once = await refused;
  expect(await streamjob(['run', 'send.yaml', '--once', '-q'], { cwd })).toMatchObject({ code: 0, stderr: '' });
  expect([once.code, once.stderr]).toEqual([1, expect.stringContaining('No broker answers for spread[')]);

  await kafka.stop();
  rmSync(second);
  renameSync(`${second}-away`, second);
  await kafka.start();
  await command.seen('stderr', /answer for all partitions again/);
  await produce(away, 'last');
  await command.seen('stdout', new RegExp(`(last[^]*){${away.length}}`));
  command.process.kill('SIGINT');
  const { code, stdout } = await command.ended;
  expect(code).toBe(0);
  const values = [...Array.from({ length: 4 }, () => ['old', 'sent']).flat(), ...away.map(() => 'last')];
  expect([...printed(stdout)].sort()).toEqual(values.sort());
}, 240_000);
