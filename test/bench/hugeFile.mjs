import { rmSync } from 'node:fs';
import { cli, time } from './compare.mjs';
import { hugeFile, jobFile } from './input.mjs';
import { filesJob, steps } from './jobs.mjs';
import { megabytes as shown, watchMemory } from './memory.mjs';

/** One large file (megabytes) with two threads: the most memory that the process has held. */
export async function run(megabytes = 5_000) {
  const path = hugeFile(megabytes);
  try {
    for (const name of Object.keys(steps)) await measure(name, path, megabytes);
  } finally {
    rmSync(path);
  }
}

async function measure(name, path, megabytes) {
  const job = jobFile(`huge-${name}`, filesJob(steps[name], path));
  let memory;
  const { seconds } = await time([cli, 'run', job, '--once', '-q', '--threads', '2'], (pid) => {
    memory = watchMemory(pid);
    return memory.stop;
  });
  const speed = (megabytes / seconds).toFixed(0);
  console.log(`${name.padEnd(12)} ${megabytes} MB: ${seconds.toFixed(1)} s, ${speed} MB/s, peak ${shown(memory.peak)}`);
}
