import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { cli, collect, time } from './compare.mjs';
import { hugeFile, jobFile } from './input.mjs';
import { slowJob, totalJob } from './jobs.mjs';
import { megabytes as shown, watchMemory } from './memory.mjs';
import { listeningPort, total } from './socket.mjs';

/** Text (megabytes) sent as fast as it is taken, to a job whose sink takes 100 ms a batch, twice its interval: lines a second, memory over time, and what was counted. */
export async function run(megabytes = 2_000) {
  const path = hugeFile(megabytes);
  try {
    const overFile = jobFile('slow-sink-file', totalJob('grep', path).replace(/\n *- filter:.*/, ''));
    const sent = total((await time([cli, 'run', overFile, '--once', '-q'])).output);
    for (const limit of ['64MB', '256MB']) await measure(path, limit, sent);
  } finally {
    rmSync(path);
  }
}

async function measure(path, limit, sent) {
  const job = jobFile('slow-sink', slowJob(limit));
  const child = spawn(process.execPath, [cli, 'run', job, '--log-format', 'json'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = collect(child.stdout);
  const socket = connect(await listeningPort(child.stderr), '127.0.0.1');
  const memory = watchMemory(child.pid);
  const start = performance.now();
  createReadStream(path, { highWaterMark: 1 << 20 }).pipe(socket);
  await Promise.race([once(socket.resume(), 'close'), once(child, 'close')]);
  memory.stop();
  child.kill('SIGTERM');
  if (child.exitCode === null) await once(child, 'close');
  const perSecond = Math.round((sent / (performance.now() - start)) * 1000);
  const part = (from, to) => {
    const { samples } = memory;
    return shown(Math.max(...samples.slice(Math.floor(from * samples.length), Math.ceil(to * samples.length))));
  };
  const lost = sent - total(output.text);
  console.log(
    `memoryLimit ${limit}: ${perSecond} lines a second; peak ${part(0, 0.5)} in the first half, ${part(0.5, 1)} in the second; ${lost} of ${sent} lost`,
  );
}
