import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { get } from 'node:http';
import { cli, collect, report, time } from './compare.mjs';
import { jobFile, textFile } from './input.mjs';
import { filesJob, steps, totalJob } from './jobs.mjs';
import { throughSocket, total } from './socket.mjs';

const rounds = 5;
const token = 'bench';
const ui = ['--ui', '127.0.0.1:0', '--ui-token', token];

/** Word count over a file in many batches, and through a socket: unwatched, and with somebody who reads all that the dashboard tells. */
export async function run(megabytes = 200) {
  const path = textFile(megabytes);
  const file = jobFile(
    'dashboard-file',
    filesJob(steps.wordcount, path).replace('minAge: 0s', `minAge: 0s, maxBytesPerBatch: ${megabytes * 10}KB`),
  );
  const socket = [cli, 'run', jobFile('dashboard-socket', totalJob('wordcount')), '--threads', '1'];
  const expected = await wordsIn(path);
  const overFile = { unwatched: [], watched: [] };
  const overSocket = { unwatched: [], watched: [] };
  for (let round = -1; round < rounds; round++) {
    const kept = (times, seconds) => round >= 0 && times.push(seconds);
    kept(overFile.unwatched, await throughFile(file, []));
    kept(overFile.watched, await throughFile(file, ui, follow));
    kept(overSocket.unwatched, await throughSocket(socket, path, expected));
    kept(overSocket.watched, await throughSocket([...socket, ...ui], path, expected, follow));
  }
  console.log('# over a file');
  report(overFile, megabytes);
  console.log('# through a socket');
  report(overSocket, megabytes);
}

async function wordsIn(path) {
  const job = jobFile('dashboard-total', totalJob('wordcount', path));
  return total((await time([cli, 'run', job, '--once', '-q', '--threads', '1'])).output);
}

async function throughFile(job, more, started) {
  const start = performance.now();
  const command = [cli, 'run', job, '--once', '--threads', '1', '--log-format', 'json', ...more];
  const child = spawn(process.execPath, command, { stdio: ['ignore', 'ignore', 'pipe'] });
  const errors = collect(child.stderr);
  started?.(child);
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${command.join(' ')} ended with ${code}:\n${errors.text}`);
  return (performance.now() - start) / 1000;
}

/** Reads events as a page does, and metrics once a second as Prometheus might, until the job ends. */
async function follow(child) {
  const ended = once(child, 'close');
  const log = collect(child.stderr);
  let found;
  while (!found) {
    await once(child.stderr, 'data');
    found = /"url":"([^"]+)"/.exec(log.text);
  }
  const ask = (path) => get(`${found[1]}${path}?token=${token}`, (answer) => answer.resume()).on('error', () => {});
  ask('events');
  const timer = setInterval(() => ask('metrics'), 1000);
  await ended;
  clearInterval(timer);
}
