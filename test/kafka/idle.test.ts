import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Command, folderWith, start } from '../cli/command.ts';
import { createTopic, KafkaService } from '../services/kafka/kafka.ts';

let service: KafkaService;
beforeAll(async () => {
  service = await KafkaService.start();
});
afterAll(() => service?.stop());

const span = 5;

/** Processor time in seconds, of all threads of a process, from Linux' /proc: 100 ticks a second. */
function processorTime({ process }: Command): number {
  const fields = readFileSync(`/proc/${process.pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** How many batches of a second each a job has logged. */
const logged = ({ stderr }: Command): number => stderr.split('"msg":"batch ').length - 1;

async function goesOn(command: Command, batches: number): Promise<void> {
  const wanted = logged(command) + batches;
  await command.seen('stderr', new RegExp(`(?:"msg":"batch [^]*){${wanted}}`));
}

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
    await goesOn(command, span);
    const shares: number[] = [];
    for (let i = 0; i < 3; i++) {
      const before = processorTime(command);
      await goesOn(command, span);
      shares.push((processorTime(command) - before) / span);
    }
    command.process.kill('SIGTERM');
    expect((await command.ended).code).toBe(0);
    expect(Math.min(...shares)).toBeLessThan(0.02);
  },
);
