import { rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { startKafka } from '../services/kafka/broker.mjs';
import { cli, report, spread, time } from './compare.mjs';
import { jobFile, messagesFile } from './input.mjs';
import { consumingJob, producingJob } from './jobs.mjs';

const partitions = 8;
const bytes = 100;
const rounds = 3;
const tools = 'org.apache.kafka.tools';

/**
 * Millions of messages of 100 bytes, from a topic to a count and from a file to a topic, beside the broker's own measuring tools in
 * the same run, in turn. A tool says for itself how long it took without its start; jobs are timed with theirs.
 */
export async function run(millions = 3) {
  const kafka = await startKafka();
  try {
    await createTopics(kafka, ['consumed', 'produced', 'produced-by-tool']);
    await producedByTool(kafka, 'consumed', millions * 1e6);
    await measureReading(kafka, millions * 1e6);
    await measureSending(kafka, millions * 1e6);
  } finally {
    await kafka.remove();
  }
}

async function createTopics({ brokers }, topics) {
  const { Kafka, logLevel } = createRequire(import.meta.url)('kafkajs');
  const admin = new Kafka({ brokers: [brokers], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  await admin.createTopics({ topics: topics.map((topic) => ({ topic, numPartitions: partitions })) });
  await admin.disconnect();
}

async function measureReading(kafka, messages) {
  const job = jobFile('kafka-read', consumingJob(kafka.brokers, 'consumed'));
  await compare('read', messages, job, () => consumedByTool(kafka, 'consumed', messages));
}

async function measureSending(kafka, messages) {
  const path = messagesFile(messages, bytes);
  try {
    const job = jobFile('kafka-send', producingJob(kafka.brokers, 'produced', path));
    await compare('sent', messages, job, () => producedByTool(kafka, 'produced-by-tool', messages));
  } finally {
    rmSync(path);
  }
}

/** `tool` gives its seconds. The first round does not count. */
async function compare(what, messages, job, tool) {
  const run = async (threads) => (await time([cli, 'run', job, '--once', '-q', '--threads', threads])).seconds;
  const seconds = { 'tool of Kafka': [], 'one thread': [], 'two threads': [] };
  for (let round = -1; round < rounds; round++) {
    const times = [await tool(), await run('1'), await run('2')];
    if (round >= 0) for (const [i, list] of Object.values(seconds).entries()) list.push(times[i]);
  }
  console.log(`# ${messages} messages ${what}`);
  report(seconds);
  for (const [name, list] of Object.entries(seconds))
    console.log(
      `${name.padEnd(24)}  ${spread(
        list.map((s) => messages / 1000 / s),
        'thousand messages/s',
      )}`,
    );
}

/** Its last line has the milliseconds of fetching, without joining the group, in the eighth column. */
async function consumedByTool(kafka, topic, messages) {
  const args = ['--bootstrap-server', kafka.brokers, '--topic', topic, '--num-records', String(messages)];
  const output = await kafka.tool(`${tools}.ConsumerPerformance`, args, { compiled: true });
  return Number(output.trim().split('\n').at(-1).split(', ')[7]) / 1000;
}

/** Requests as large as those of a job. Its last line ends in the summary: `N records sent, N records/sec …`. */
async function producedByTool(kafka, topic, messages) {
  const sending = ['acks=all', 'linger.ms=10', 'batch.size=65536'];
  const args = [
    ...['--bootstrap-server', kafka.brokers, '--topic', topic, '--num-records', String(messages)],
    ...['--record-size', String(bytes), '--throughput', '-1', '--command-property', ...sending],
  ];
  const output = await kafka.tool(`${tools}.ProducerPerformance`, args, { compiled: true });
  return messages / Number(/sent, ([\d.]+) records\/sec/.exec(output.trim().split('\n').at(-1))[1]);
}
