import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cli, collect } from './compare.mjs';
import { jobFile } from './input.mjs';
import { paceJob } from './jobs.mjs';

/** 100 batches a second for a minute: how long after its time each batch is done. */
export async function run() {
  const child = spawn(process.execPath, [cli, 'run', jobFile('pace', paceJob), '--duration', '60s', '-q'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lateness = [];
  child.stdout.setEncoding('utf8').on('data', (text) => {
    const now = Date.now();
    for (const [, time] of text.matchAll(/Time: (\d+) ms/g)) lateness.push(now - Number(time));
  });
  const errors = collect(child.stderr);
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(errors.text);
  const seconds = 10;
  console.log(`${lateness.length} batches in a minute`);
  for (const [name, part] of [
    ['all', lateness],
    [`first ${seconds} s`, lateness.slice(0, 100 * seconds)],
    [`last ${seconds} s`, lateness.slice(-100 * seconds)],
  ]) {
    console.log(
      `${name.padEnd(12)} lateness p50 ${quantile(part, 0.5)} ms, p99 ${quantile(part, 0.99)} ms, worst ${Math.max(...part)} ms`,
    );
  }
}

const quantile = (values, q) => values.toSorted((a, b) => a - b)[Math.floor(q * (values.length - 1))];
