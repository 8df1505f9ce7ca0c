import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { JobProcess } from './jobProcess.mjs';

const job = `batchInterval: 200ms
checkpoint: checkpoint
functions: functions.mjs
settings: { threads: 2, taskRetries: 20 }
sources: { ids: { files: { path: in, minAge: 0s, onProcessed: delete, forgetAfter: 1m, maxBytesPerBatch: 1MB } } }
streams: { out: { from: ids, steps: [{ map: risky }, { map: 'line => Number(line)' }] } }
sinks: [{ from: out, files: { path: out, format: json } }]
`;

/** Files of numbers that come one after the other; the process is killed now and then, and started again. */
export async function open(directory) {
  mkdirSync(join(directory, 'in'), { recursive: true });
  const process = new JobProcess(directory, job);
  let written = 0;
  const results = () => {
    try {
      return readdirSync(join(directory, 'out')).filter((name) => !name.startsWith('.') && !name.startsWith('_'));
    } catch {
      return [];
    }
  };
  const seen = new Map();
  let read = 0;
  const readResults = () => {
    for (const name of results()) {
      if (seen.has(name)) continue;
      const ids = readFileSync(join(directory, 'out', name), 'utf8')
        .split('\n')
        .filter(Boolean)
        .map(Number);
      seen.set(name, ids);
      read += ids.length;
    }
  };
  const writeFile = () => {
    const lines = Array.from({ length: 1 + Math.floor(Math.random() * 5_000) }, () => written++);
    const path = join(directory, 'in', `.${written}`);
    writeFileSync(path, `${lines.join('\n')}\n`);
    renameSync(path, join(directory, 'in', `${written}.txt`));
  };
  const killNowAndThen = async (signal) => {
    while (!signal.aborted) {
      await sleep(3_000 + Math.random() * 7_000, undefined, { signal }).catch(() => {});
      if (signal.aborted) return;
      await process.end('SIGKILL');
      process.start();
    }
  };
  const write = async (signal) => {
    while (!signal.aborted) {
      writeFile();
      await sleep(Math.random() * 200);
    }
  };
  return {
    name: 'files',
    process,
    work: (signal) => Promise.all([write(signal), killNowAndThen(signal)]),
    settled() {
      readResults();
      return read >= written;
    },
    report() {
      readResults();
      return `${written} records written, ${read} read back from ${seen.size} files, ${process.lives - 1} kills`;
    },
    wrong() {
      readResults();
      const distinct = new Set([...seen.values()].flat()).size;
      return read === written && distinct === written
        ? undefined
        : `${written} records were written, ${read} read back, ${distinct} of them distinct`;
    },
  };
}
