import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { startKafka } from '../services/kafka/broker.mjs';
import { cli, collect } from './compare.mjs';
import { jobFile } from './input.mjs';
import { consumingJob } from './jobs.mjs';
import { cpuSeconds } from './processorTime.mjs';

/** A job whose topic gets nothing, ten batches a second and one: the processor time that it takes, over some seconds. */
export async function run(seconds = 20) {
  const kafka = await startKafka({ properties: { 'auto.create.topics.enable': 'true' } });
  try {
    for (const interval of ['100ms', '1s']) {
      const job = jobFile('kafka-idle', consumingJob(kafka.brokers, 'idle', interval));
      console.log(`batches every ${interval}: ${(100 * (await shareOfCore(job, seconds))).toFixed(2)} % of a core`);
    }
  } finally {
    await kafka.remove();
  }
}

async function shareOfCore(job, seconds) {
  const child = spawn(process.execPath, [cli, 'run', job, '--log-format', 'json'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const errors = collect(child.stderr);
  await sleep(5000);
  if (child.exitCode !== null) throw new Error(`it has ended:\n${errors.text}`);
  const before = cpuSeconds(child.pid);
  await sleep(1000 * seconds);
  const used = cpuSeconds(child.pid) - before;
  child.kill();
  await once(child, 'close');
  return used / seconds;
}
