import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { connect } from 'node:net';
import { cli, collect, report, time } from './compare.mjs';
import { jobFile, textFile } from './input.mjs';
import { steps, totalJob } from './jobs.mjs';

const megabytes = 200;
const rounds = 3;

/** The jobs fed through a loopback socket, from the first byte sent until the last record is counted. */
export async function run() {
  const path = textFile(megabytes);
  for (const name of Object.keys(steps)) {
    const overFile = [cli, 'run', jobFile(`${name}-total`, totalJob(name, path)), '--once', '-q', '--threads', '1'];
    const expected = total((await time(overFile)).output);
    const command = [cli, 'run', jobFile(`${name}-socket`, totalJob(name)), '--threads', '1'];
    const seconds = { file: [], socket: [] };
    for (let round = 0; round < rounds; round++) {
      seconds.file.push((await time(overFile)).seconds);
      seconds.socket.push(await throughSocket(command, path, expected));
    }
    console.log(`# ${name}`);
    report(seconds, megabytes);
  }
}

/**
 * Seconds from the first byte of a file that is sent to a job until what it prints comes to the total that is expected. `started` is
 * given the process.
 */
export async function throughSocket(command, path, expected, started) {
  const child = spawn(process.execPath, [...command, '--log-format', 'json'], { stdio: ['ignore', 'pipe', 'pipe'] });
  const output = collect(child.stdout);
  started?.(child);
  const port = await listeningPort(child.stderr);
  const start = performance.now();
  createReadStream(path, { highWaterMark: 1 << 20 }).pipe(connect(port, '127.0.0.1'));
  while (total(output.text) < expected) await once(child.stdout, 'data');
  const seconds = (performance.now() - start) / 1000;
  child.kill('SIGINT');
  await once(child, 'close');
  return seconds;
}

export async function listeningPort(stream) {
  const log = collect(stream);
  for (;;) {
    const port = /(?<!\/)127\.0\.0\.1:(\d+)/.exec(log.text);
    if (port) return Number(port[1]);
    await once(stream, 'data');
  }
}

/** The sum of the numbers that a job has printed. */
export const total = (text) => [...text.matchAll(/^(\d+)$/gm)].reduce((sum, [number]) => sum + Number(number), 0);
