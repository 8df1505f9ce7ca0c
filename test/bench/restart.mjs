import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { cli, median, spread } from './compare.mjs';
import { directory, jobFile } from './input.mjs';
import { countsInState, ticksJob } from './jobs.mjs';
import { megabytes, watchMemory } from './memory.mjs';

const batches = 20;

/** Counts for so many keys, filled by some batches; then seconds from the start of the process to the end of the first batch. */
export async function run(keys) {
  for (const count of keys === undefined ? [10_000, 1_000_000, 10_000_000] : [keys]) await measure(count);
}

async function measure(keys) {
  const checkpoint = mkdtempSync(join(directory, 'restart-'));
  const job = jobFile(`restart-${keys}`, text(keys));
  const command = [cli, 'run', job, '-q', '--threads', '2', '--checkpoint', checkpoint];
  try {
    const filled = await watched([...command, '--batches', String(batches)]);
    const restarts = [];
    for (let round = 0; round < 3; round++) restarts.push(await watched([...command, '--batches', '1']));
    const state = join(checkpoint, 'state');
    const bytes = readdirSync(state).reduce((sum, file) => sum + statSync(join(state, file)).size, 0);
    console.log(
      `${keys} keys: filled in ${filled.all.toFixed(1)} s, peak ${megabytes(filled.peak)}; ${megabytes(bytes)} on the disk; ` +
        `first batch after a restart ${spread(
          restarts.map(({ first }) => first),
          's',
        )}, peak ${megabytes(median(restarts.map(({ peak }) => peak)))}`,
    );
  } finally {
    rmSync(checkpoint, { recursive: true });
  }
}

/** Seconds until the first output, which is that of the first batch, and the most memory that the process held until its end. */
async function watched(command) {
  const start = performance.now();
  const child = spawn(process.execPath, command, { stdio: ['ignore', 'pipe', 'inherit'] });
  const memory = watchMemory(child.pid);
  const closed = once(child, 'close');
  await once(child.stdout, 'data');
  const first = (performance.now() - start) / 1000;
  child.stdout.resume();
  const [code] = await closed;
  memory.stop();
  if (code !== 0) throw new Error(`${command.join(' ')} ended with ${code}`);
  return { first, all: (performance.now() - start) / 1000, peak: memory.peak };
}

const text = (keys) => {
  const steps = `
      - mapPartitions: |
          () => {
            globalThis.next ??= 0;
            return Array.from({ length: ${keys / batches} }, () => ["key" + (globalThis.next++ % ${keys}), 1]);
          }${countsInState}`;
  return ticksJob(steps, { batchInterval: '50ms', settings: '{ workerHeap: 4GB }' });
};
