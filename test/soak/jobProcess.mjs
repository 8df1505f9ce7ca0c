import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const bin = fileURLToPath(new URL('../../bin/streamjob.js', import.meta.url));

/** Faults that pass, now and then, where a job says `risky`. */
const functions = `import { writeSync } from 'node:fs';

const faults = [() => process.exit(3), () => { throw new Error('by chance'); }, () => void Promise.reject(new Error('left'))];
export const risky = (x) => {
  if (Math.random() < 2e-6) {
    writeSync(2, 'fault\\n');
    faults[Math.floor(Math.random() * faults.length)]();
  }
  return x;
};
`;

/** A job that runs for real, and what can be seen of it from outside. */
export class JobProcess {
  records = 0;
  batches = 0;
  faults = 0;
  lives = 0;
  #process;
  #ended;
  #log = [];
  #first;
  #watchers = new Set();

  constructor(directory, yaml) {
    this.directory = directory;
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, 'job.yaml'), yaml);
    writeFileSync(join(directory, 'functions.mjs'), functions);
    this.start();
  }

  /** Starts the job, or starts it again, with these arguments more. */
  start(...more) {
    this.lives++;
    const args = [bin, 'run', 'job.yaml', '-v', '--log-format', 'json', ...more];
    this.#process = spawn(process.execPath, args, { cwd: this.directory, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#ended = new Promise((ended) => this.#process.once('close', (code, signal) => ended({ code, signal })));
    createInterface({ input: this.#process.stderr }).on('line', (line) => this.#hear(line));
    createInterface({ input: this.#process.stdout }).on('line', (line) => this.onLine?.(line));
  }

  #hear(line) {
    if (line === 'fault') this.faults++;
    const entry = line.startsWith('{') ? JSON.parse(line) : { msg: line };
    if (entry.batchTime) {
      this.batches++;
      this.records += entry.records;
    } else this.#log = [...this.#log.slice(-20), entry.msg];
    for (const watcher of this.#watchers) watcher();
  }

  /** Resolves with the match when a message of the log matches. */
  async said(pattern) {
    for (;;) {
      for (const message of this.#log) if (pattern.test(message)) return pattern.exec(message);
      await new Promise((heard) => this.#watchers.add(heard));
      this.#watchers.clear();
    }
  }

  get log() {
    return this.#log.join('\n');
  }

  get running() {
    return this.#process.exitCode === null && this.#process.signalCode === null;
  }

  /** Sends a signal and waits for the end. */
  async end(signal = 'SIGTERM') {
    this.#process.kill(signal);
    return this.#ended;
  }

  /** Memory in MB, open handles, and MB on disk; and how much they have grown since the first look. */
  usage() {
    const now = {
      memory: memoryOf(this.#process.pid),
      handles: handlesOf(this.#process.pid),
      disk: diskOf(this.directory),
    };
    this.#first ??= now;
    const growth = ({ memory, handles, disk }) =>
      `${grown(memory, this.#first.memory)} MB, ${grown(handles, this.#first.handles)} handles, ${grown(disk, this.#first.disk)} MB on disk`;
    return `${now.memory} MB, ${now.handles} handles, ${now.disk} MB on disk (growth ${growth(now)})`;
  }
}

const grown = (now, before) => `${now >= before ? '+' : ''}${Math.round((now - before) * 10) / 10}`;

function memoryOf(pid) {
  try {
    return Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1e3);
  } catch {
    return 0;
  }
}

function handlesOf(pid) {
  try {
    return readdirSync(`/proc/${pid}/fd`).length;
  } catch {
    return 0;
  }
}

/** In MB. */
export function diskOf(directory) {
  const sizes = readdirSync(directory, { recursive: true }).map((name) => {
    try {
      return statSync(join(directory, name)).size;
    } catch {
      return 0;
    }
  });
  return Math.round(sizes.reduce((sum, size) => sum + size, 0) / 1e5) / 10;
}
