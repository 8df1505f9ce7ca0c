import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { get } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { cli, collect, median } from './compare.mjs';
import { jobFile, textFile } from './input.mjs';
import { totalJob } from './jobs.mjs';
import { cpuSeconds, cpuSecondsOfMainThread } from './processorTime.mjs';

const megabytes = 200;
/** Seconds of each turn. */
const turn = 3.5;
const warmUp = 5_000;
const token = 'bench';
/** So that what waits is no more than a batch or two, and batches are as many as they can be. */
const little = ['--set', 'settings.memoryLimit=16MB'];

/**
 * Word count over a socket that is never empty, ten batches a second, in one process that is watched and left alone in turns,
 * for so many seconds altogether. Who watches reads all that an open page asks for. What is compared lies between two batches: the speed, and how long
 * the processors worked for a word, which says more on a machine that does other work. Most is said by the main thread alone, which
 * does all that is done for who watches and touches no record: what it takes more is what the dashboard costs.
 */
export async function run(seconds = 200) {
  const job = await startJob();
  const feed = new AbortController();
  const fed = feedForEver(textFile(megabytes), await job.port, feed.signal);
  await sleep(warmUp);
  const pairs = [];
  for (const end = performance.now() + 1000 * seconds; performance.now() < end; )
    pairs.push(await pair(job, pairs.length % 2 === 0));
  feed.abort();
  await fed;
  await job.end();
  report(pairs);
}

function report(pairs) {
  const ratios = (figure) => percents(pairs.map(({ alone, watched }) => watched[figure] / alone[figure] - 1));
  const added = pairs.map(({ alone, watched }) => (watched.mainThread - alone.mainThread) / alone.processors);
  console.log(`${pairs.length} pairs of turns`);
  console.log(`speed, watched beside left alone     ${ratios('speed')}`);
  console.log(`processor time a word                ${ratios('processors')}`);
  console.log(`  of which the main thread takes     ${percents(added)}`);
}

/** Which of the two comes first changes, so that a machine that gets slower or faster favours neither. */
async function pair(job, watchedFirst) {
  const aloneBefore = watchedFirst ? undefined : await stretch(job);
  const close = openPage(await job.url);
  const watched = await stretch(job);
  close();
  return { watched, alone: aloneBefore ?? (await stretch(job)) };
}

/** Words a second, and processor seconds a word, from the end of a batch to the end of another. */
async function stretch(job) {
  const from = await job.nextBatch();
  await sleep(1000 * turn);
  const to = await job.nextBatch();
  const words = to.words - from.words;
  const aWord = (figure) => (to[figure] - from[figure]) / words;
  return { speed: 1 / aWord('time'), processors: aWord('processors'), mainThread: aWord('mainThread') };
}

async function startJob() {
  const command = [
    cli,
    'run',
    jobFile('dashboard', totalJob('wordcount')),
    '--threads',
    '1',
    '--log-format',
    'json',
    ...little,
  ];
  const child = spawn(process.execPath, [...command, '--ui', '127.0.0.1:0', '--ui-token', token], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const log = collect(child.stderr);
  const told = teller(child.stderr, log);
  const ended = once(child, 'close');
  let words = 0;
  child.stdout.setEncoding('utf8').on('data', (text) => {
    for (const [, number] of text.matchAll(/^(\d+)$/gm)) words += Number(number);
  });
  return {
    port: told(/(?<!\/)127\.0\.0\.1:(\d+)/),
    url: told(/"url":"([^"]+)"/),
    async nextBatch() {
      const known = words;
      while (words === known) {
        await Promise.race([once(child.stdout, 'data'), ended]);
        if (child.exitCode !== null) throw new Error(`the job has ended:\n${log.text}`);
      }
      const [processors, mainThread] = [cpuSeconds(child.pid), cpuSecondsOfMainThread(child.pid)];
      return { words, time: performance.now() / 1000, processors, mainThread };
    },
    async end() {
      child.kill('SIGINT');
      await ended;
    },
  };
}

/** Gives what waits for a part of what a process tells. */
function teller(stream, log) {
  return async (pattern) => {
    for (;;) {
      const found = pattern.exec(log.text);
      if (found) return found[1];
      await once(stream, 'data');
    }
  };
}

async function feedForEver(path, port, signal) {
  const socket = connect(port, '127.0.0.1').on('error', () => {});
  signal.addEventListener('abort', () => socket.destroy());
  const closed = once(socket, 'close');
  while (!signal.aborted)
    for await (const block of createReadStream(path, { highWaterMark: 1 << 20 })) {
      if (signal.aborted) return;
      if (!socket.write(block)) await Promise.race([once(socket, 'drain'), closed]);
    }
}

/** Asks as the page does: for all that is known, once the connection for what changes stands. Gives what closes it. */
function openPage(url) {
  const ask = (path, answered) => get(`${url}${path}?token=${token}`, answered).on('error', () => {});
  const events = ask('events', (answer) => {
    answer.on('error', () => {}).resume();
    ask('api/v1/job', (job) => job.resume());
  });
  return () => events.destroy();
}

/** The median, and between which two of these shares that of endless rounds lies with 95 % certainty. */
function percents(shares) {
  const sorted = shares.toSorted((a, b) => a - b);
  const outside = Math.floor(shares.length / 2 - Math.sqrt(shares.length));
  return `${percent(median(shares))} (95 %: ${percent(sorted.at(outside))} to ${percent(sorted.at(-1 - outside))})`;
}

const percent = (share) => `${share < 0 ? '−' : '+'}${(100 * Math.abs(share)).toFixed(2)} %`;
