import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { cli, time } from './compare.mjs';
import { jobFile, smallFiles } from './input.mjs';
import { filesJob } from './jobs.mjs';
import { megabytes, watchMemory } from './memory.mjs';

/** A directory of small files, counted with a checkpoint; then the same again, when there is nothing to do. */
export async function run(count = 100_000) {
  const path = smallFiles(count);
  const checkpoint = `${path}-checkpoint`;
  const job = jobFile('many-files', filesJob('\n      - count', join(path, '*.txt')));
  const command = [cli, 'run', job, '--once', '-q', '--threads', '2', '--checkpoint', checkpoint];
  try {
    for (const round of ['all are new', 'none is new']) await measure(`${count} files, ${round}`, command);
  } finally {
    for (const directory of [path, checkpoint]) rmSync(directory, { recursive: true, force: true });
  }
}

async function measure(name, command) {
  let memory;
  const { seconds, output } = await time(command, (pid) => {
    memory = watchMemory(pid);
    return memory.stop;
  });
  const counted = [...output.matchAll(/^(\d+)$/gm)].reduce((sum, [number]) => sum + Number(number), 0);
  console.log(`${name}: ${seconds.toFixed(1)} s, peak ${megabytes(memory.peak)}, ${counted} lines counted`);
}
