import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { folderWith, streamjob } from '../cli/command.ts';

/** A fault happens where a function meets the record 5. The child says itself that it runs, and ends after the process that waits for it. */
export const functions = `import { execSync } from 'node:child_process';
import { existsSync, openSync, writeFileSync } from 'node:fs';

const faults = {
  exit: () => process.exit(7),
  rejection: () => void Promise.reject(new Error('left alone')),
  timer: () => void setTimeout(() => { throw new Error('too late'); }, 0),
  loop: () => { for (;;); },
  regex: () => /^(a+)+$/.test('a'.repeat(60) + '!'),
  child: () => execSync('echo hangs >&2; exec >&- 2>&-; while kill -0 $PPID; do sleep 1; done', { stdio: 'inherit' }),
  fifo: () => openSync('fifo'),
};
const once = (fault) => {
  const marker = 'passed-' + fault;
  if (existsSync(marker)) return;
  writeFileSync(marker, '');
  faults[fault]();
};
const { FAULT: fault, PASSING: passing } = process.env;
export const perhaps = (x) => {
  if (x === 5) (passing ? once : (name) => faults[name]())(fault);
  return x;
};
export const add = (a, b) => perhaps(a + b - b) + perhaps(b);
const kept = new Map();
export const keep = (x) => kept.set(x, new Array(1000).fill(x)) && x;
export const huge = (x) => new Array(2e8).fill(1.5).length;
`;

/** Short enough to wait for, long enough for a busy machine. */
export const quick = 'threads: 3, taskTimeout: 2s, taskRetries: 1';
export const patient = 'threads: 3, taskTimeout: 2s, taskRetries: 5';

export const jobOf = (steps: string, settings: string): string => `batchInterval: 20ms
functions: functions.mjs
settings: { ${settings} }
sources: { numbers: { queue: { batches: [[1, 2, 3, 4, 5, 6]], partitions: 3 } } }
streams: { out: { from: numbers, steps: ${steps} } }
sinks: [{ from: out, print: {} }]
`;

export function run(steps: string, env: NodeJS.ProcessEnv, settings = env.PASSING ? patient : quick) {
  const cwd = folderWith({ 'job.yaml': jobOf(steps, settings), 'functions.mjs': functions });
  if (env.FAULT === 'fifo') execFileSync('mkfifo', [join(cwd, 'fifo')]);
  return streamjob(['run', 'job.yaml', '--batches', '1', '--log-format', 'text'], { cwd, env });
}
