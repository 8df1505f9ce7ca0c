import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { diskOf, JobProcess } from './jobProcess.mjs';

const job = `batchInterval: 200ms
checkpoint: { directory: checkpoint, interval: 2s }
functions: functions.mjs
settings: { taskRetries: 20 }
sources: { ids: { files: { path: in, minAge: 0s, onProcessed: delete, forgetAfter: 1m } } }
streams:
  pairs: { from: ids, steps: [{ map: risky }, { map: 'line => [Number(line) % 20000, 1]' }] }
  totals:
    from: pairs
    steps:
      - updateStateByKey: '(values, state = 0) => values.reduce((a, b) => a + b, state)'
      - map: '([, n]) => n'
      - reduce: (a, b) => a + b
  sessions:
    from: pairs
    steps:
      - mapWithState:
          timeout: 3s
          update: '(key, value, seen) => { if (seen.isTimingOut()) return seen.get(); seen.update((seen.getOption() ?? 0) + 1); }'
      - reduce: (a, b) => a + b
  windows:
    from: pairs
    steps:
      - reduceByKeyAndWindow: { reduce: '(a, b) => a + b', length: 4s, slide: 4s }
      - map: '([, n]) => n'
      - reduce: (a, b) => a + b
sinks:
  - { from: totals, files: totals }
  - { from: sessions, files: sessions }
  - { from: windows, files: windows }
`;

/** MB that the checkpoint may have, whatever the hour: it holds 20,000 keys. */
const largest = 50;
/** Batches that may be run again, and so have their files written again. */
const mayReturn = 500;

/**
 * States and windows over files of numbers; the process is killed now and then, and started again with another number of threads. In the
 * end each number is once in the totals, in a session that has timed out, and in a window.
 */
export async function open(directory) {
  const sinks = ['totals', 'sessions', 'windows'];
  for (const name of ['in', ...sinks]) mkdirSync(join(directory, name), { recursive: true });
  const process = new JobProcess(directory, job);
  let written = 0;
  const results = Object.fromEntries(sinks.map((sink) => [sink, new Results(join(directory, sink))]));
  const counted = () => {
    for (const sink of sinks) results[sink].look();
    return { totals: results.totals.newest, sessions: results.sessions.sum, windows: results.windows.sum };
  };
  const write = async (signal) => {
    while (!signal.aborted) {
      const lines = Array.from({ length: 1 + Math.floor(Math.random() * 2_000) }, () => written++);
      const path = join(directory, 'in', `.${written}`);
      writeFileSync(path, `${lines.join('\n')}\n`);
      renameSync(path, join(directory, 'in', `${written}.txt`));
      await sleep(Math.random() * 200);
    }
  };
  const killNowAndThen = async (signal) => {
    while (!signal.aborted) {
      await sleep(2_000 + Math.random() * 7_000, undefined, { signal }).catch(() => {});
      if (signal.aborted) return;
      await process.end('SIGKILL');
      process.start('--threads', String(1 + Math.floor(Math.random() * 4)));
    }
  };
  return {
    name: 'states',
    process,
    work: (signal) => Promise.all([write(signal), killNowAndThen(signal)]),
    settled: () => Object.values(counted()).every((count) => count === written),
    report: () =>
      `${written} records written, ${JSON.stringify(counted())}, ${process.lives - 1} kills, checkpoint ${diskOf(join(directory, 'checkpoint'))} MB`,
    wrong() {
      const counts = counted();
      if (Object.values(counts).some((count) => count !== written))
        return `${written} records were written, and counted are ${JSON.stringify(counts)}`;
      const size = diskOf(join(directory, 'checkpoint'));
      return size > largest ? `the checkpoint has ${size} MB` : undefined;
    },
  };
}

/** The one number of each file of a sink. A batch that is run again writes its file again; older files are removed. */
class Results {
  sum = 0;
  newest = 0;
  #directory;
  #seen = new Map();

  constructor(directory) {
    this.#directory = directory;
  }

  look() {
    const names = readdirSync(this.#directory).filter((name) => name.startsWith('part-'));
    for (const name of names.sort()) {
      if (this.#seen.has(name)) continue;
      const value = Number(readFileSync(join(this.#directory, name), 'utf8'));
      this.#seen.set(name, value);
      this.sum += value;
      this.newest = value;
    }
    for (const name of names.slice(0, -mayReturn)) {
      rmSync(join(this.#directory, name));
      this.#seen.delete(name);
    }
  }
}
