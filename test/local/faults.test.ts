import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { folderWith, printed, start, streamjob } from '../cli/command.ts';

/** A fault happens where a function meets the record 5. */
const functions = `import { execSync } from 'node:child_process';
import { existsSync, openSync, writeFileSync } from 'node:fs';

const faults = {
  exit: () => process.exit(7),
  rejection: () => void Promise.reject(new Error('left alone')),
  timer: () => void setTimeout(() => { throw new Error('too late'); }, 0),
  loop: () => { for (;;); },
  regex: () => /^(a+)+$/.test('a'.repeat(60) + '!'),
  child: () => execSync('sleep 600'),
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

/** Where the fault happens, and what is printed if it passes. */
const places = {
  'a map': { steps: '[{ map: perhaps }]', shown: ['1', '2', '3', '4', '5', '6'] },
  'a reducer': { steps: '[{ reduce: add }]', shown: ['21'] },
  'a window of keys': { steps: "[{ map: 'x => [x % 2, x]' }, { reduceByKey: add }]", shown: ['[0,12]', '[1,9]'] },
  'a partition': { steps: "[{ mapPartitions: 'xs => xs.map(perhaps)' }]", shown: ['1', '2', '3', '4', '5', '6'] },
} as const;

/** Short enough to wait for, long enough for a busy machine. */
const quick = 'threads: 3, taskTimeout: 2s, taskRetries: 1';
const patient = 'threads: 3, taskTimeout: 2s, taskRetries: 5';

const jobOf = (steps: string, settings: string): string => `batchInterval: 20ms
functions: functions.mjs
settings: { ${settings} }
sources: { numbers: { queue: { batches: [[1, 2, 3, 4, 5, 6]], partitions: 3 } } }
streams: { out: { from: numbers, steps: ${steps} } }
sinks: [{ from: out, print: {} }]
`;

function run(steps: string, env: NodeJS.ProcessEnv, settings = env.PASSING ? patient : quick) {
  const cwd = folderWith({ 'job.yaml': jobOf(steps, settings), 'functions.mjs': functions });
  if (env.FAULT === 'fifo') execFileSync('mkfifo', [join(cwd, 'fifo')]);
  return streamjob(['run', 'job.yaml', '--batches', '1', '--log-format', 'text'], { cwd, env });
}

describe.each(Object.entries(places))('in %s', (_, { steps, shown }) => {
  test.each(['exit', 'rejection', 'timer', 'loop'])('a passing fault (%s) leaves no trace', async (fault) => {
    const { code, stdout, stderr } = await run(steps, { FAULT: fault, PASSING: 'yes' });
    expect(printed(stdout).toSorted(), stderr).toEqual(shown);
    expect(code).toBe(0);
  });
});

describe('in a function of a sink', () => {
  async function deliver(fault: string, passing: string) {
    const bodies: string[] = [];
    const server = createServer(async (request, response) => {
      bodies.push(Buffer.concat(await request.toArray()).toString());
      response.end();
    }).listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const sink = `http: { url: "http://127.0.0.1:${port}/", body: "records => records.map(perhaps)" }`;
    const cwd = folderWith({
      'job.yaml': jobOf('[]', passing ? patient : quick).replace('print: {}', sink),
      'functions.mjs': functions,
    });
    const env = { FAULT: fault, PASSING: passing };
    const ended = await streamjob(['run', 'job.yaml', '--batches', '1', '--log-format', 'text'], { cwd, env });
    return { ...ended, delivered: bodies.flatMap((body) => JSON.parse(body) as number[]).toSorted() };
  }

  test.each(['exit', 'loop'])('a passing fault (%s) leaves no trace', async (fault) => {
    const { code, delivered, stderr } = await deliver(fault, 'yes');
    expect(delivered, stderr).toEqual([1, 2, 3, 4, 5, 6]);
    expect(code).toBe(0);
  });

  test.each([
    ['exit', 'worker-died'],
    ['loop', 'task-timeout'],
  ])('%s is %s if it stays', async (fault, message) => {
    const { code, delivered, stderr } = await deliver(fault, '');
    expect(stderr).toContain(message);
    expect(stderr).toContain('(http)');
    expect(delivered).not.toContain(5);
    expect(code).toBe(1);
  });
});

test('a regular expression that backtracks without end is no more than a loop', async () => {
  const { code, stdout } = await run('[{ map: perhaps }]', { FAULT: 'regex', PASSING: 'yes' });
  expect(printed(stdout).toSorted()).toEqual(places['a map'].shown);
  expect(code).toBe(0);
});

describe('a fault that stays ends the job with 1 and names the step', () => {
  test.each([
    ['exit', 'worker-died', /out, step 1 \(map\) ended its worker thread \(process\.exit\(7\) was called\)/],
    ['rejection', 'step-failed', /out, step 1 \(map\): a promise was rejected and nothing waited for it: left alone/],
    ['loop', 'task-timeout', /out, step 1 \(map\) took longer than 2s/],
    ['regex', 'task-timeout', /out, step 1 \(map\) took longer than 2s/],
  ])('%s is %s', async (fault, code, message) => {
    const { code: exitCode, stdout, stderr } = await run('[{ map: perhaps }]', { FAULT: fault });
    expect(stderr).toContain(`job.yaml:5:`);
    expect(stderr).toContain(code);
    expect(stderr).toMatch(message);
    expect(printed(stdout)).toEqual([]);
    expect(exitCode).toBe(1);
  });

  test('the job goes on with the next batch if it is to', async () => {
    const job = jobOf('[{ map: perhaps }]', `${quick}, onBatchFailure: continue`).replace(
      '[[1, 2, 3, 4, 5, 6]]',
      '[[5], [6]]',
    );
    const cwd = folderWith({ 'job.yaml': job, 'functions.mjs': functions });
    const env = { FAULT: 'loop' };
    const { code, stdout } = await streamjob(['run', 'job.yaml', '--batches', '2'], { cwd, env });
    expect(printed(stdout)).toEqual(['6']);
    expect(code).toBe(0);
  });
});

describe('a function that hangs in a system call ends the process, which says why', () => {
  test.each(['child', 'fifo'])('%s', async (fault) => {
    const { code, signal, stdout, stderr } = await run('[{ map: perhaps }]', { FAULT: fault });
    expect(stderr).toContain('blocked in a system call');
    expect(printed(stdout)).toEqual([]);
    expect([code, signal]).toEqual([null, 'SIGTERM']);
  });

  test('a second signal does not wait for it', async () => {
    const job = jobOf('[{ map: \'x => { if (x === 5) console.error("hangs"); return perhaps(x); }\' }]', quick).replace(
      '2s',
      '1h',
    );
    const cwd = folderWith({ 'job.yaml': job, 'functions.mjs': functions });
    const command = start(['run', 'job.yaml'], { cwd, env: { FAULT: 'child' } });
    await command.seen('stderr', /hangs/);
    command.process.kill('SIGINT');
    await command.seen('stderr', /stopping/);
    command.process.kill('SIGINT');
    const { code, signal } = await command.ended;
    expect([code, signal]).toEqual([null, 'SIGINT']);
  });
});

describe('a task that needs more memory than settings.workerHeap', () => {
  const small = (workerHeap: string): string => `threads: 2, taskRetries: 0, workerHeap: ${workerHeap}`;
  const many = "{ flatMap: 'x => Array.from({ length: 4e5 }, (_, i) => [`key ${x} ${i}`, i])' }";

  test.each([
    ['the keys of a reducer', `[${many}, { reduceByKey: '(a, b) => a + b' }]`, /with \d+ keys in its tables/],
    [
      'what a function keeps',
      `[${many}, { map: '([, i]) => keep(i)' }]`,
      /out, step 1 \(flatMap\) > out, step 2 \(map\)/,
    ],
    ['a list that grows', `[${many}, { map: '() => [1, [1, 2, 3]]' }, { groupByKey: {} }]`, /settings.workerHeap/],
  ])('fails by name: %s', async (_, steps, message) => {
    const { code, stderr } = await run(steps, {}, small('100MB'));
    expect(stderr).toContain('heap-limit');
    expect(stderr).toMatch(message);
    expect(code).toBe(1);
  });

  test('one array that V8 refuses ends the thread, or the process', async () => {
    const { code, signal, stdout } = await run('[{ map: huge }]', {}, small('100MB'));
    expect(printed(stdout)).toEqual([]);
    expect(code === 1 || signal === 'SIGABRT' || signal === 'SIGTRAP', `${code} ${signal}`).toBe(true);
  });

  test('garbage does not count', async () => {
    const steps =
      "[{ flatMap: 'x => Array.from({ length: 2e5 }, (_, i) => i)' }, { map: 'i => `text ${i} `.repeat(100).length' }, count]";
    const { code, stdout } = await run(steps, {}, small('50MB'));
    expect(printed(stdout)).toEqual(['1200000']);
    expect(code).toBe(0);
  });
});
