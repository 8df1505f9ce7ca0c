import { afterAll, beforeAll, expect, test } from 'vitest';
import { cpuSeconds } from '../bench/processorTime.mjs';
import { folderWith, goesOn, start } from '../cli/command.ts';
import { createTopic, KafkaService } from '../services/kafka/kafka.ts';

let service: KafkaService;
beforeAll(async () => {
  service = await KafkaService.start();
});
afterAll(() => service?.stop());

/** Batches of a second each. */
const span = 5;

/**
 * The timers of kafkajs once took all of a core (tulios/kafkajs#1556). What they cost is counted in processor time, the least of some spans, as
 * whatever else the machine does can only add to it.
 */
test.skipIf(process.platform !== 'linux')(
  'a job whose topic gets nothing takes less than 2 % of a core',
  async (context) => {
    const kafka = service.for(context);
    for (const topic of ['idle', 'copies']) await createTopic(kafka, topic, 8);
    const job = `name: idle
batchInterval: 1s
checkpoint: false
sources: { lines: { kafka: { brokers: "${kafka.brokers}", topics: idle, from: earliest } } }
sinks: [{ from: lines, kafka: { brokers: "${kafka.brokers}", topic: copies } }]
`;
    const command = start(['run', 'job.yaml', '-v', '--log-format', 'json'], { cwd: folderWith({ 'job.yaml': job }) });
    const pid = command.process.pid!;
    await goesOn(command, span);
    const shares: number[] = [];
    for (let i = 0; i < 3; i++) {
      const before = cpuSeconds(pid);
      await goesOn(command, span);
      shares.push((cpuSeconds(pid) - before) / span);
    }
    command.process.kill('SIGTERM');
    expect((await command.ended).code).toBe(0);
    expect(Math.min(...shares)).toBeLessThan(0.02);
  },
);
