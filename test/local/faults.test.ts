import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { folderWith, printed, streamjob } from '../cli/command.ts';
import { functions, jobOf, patient, quick, run } from './faultyJob.ts';

/** Where the fault happens, and what is printed if it passes. */
const places = {
  'a map': { steps: '[{ map: perhaps }]', shown: ['1', '2', '3', '4', '5', '6'] },
  'a reducer': { steps: '[{ reduce: add }]', shown: ['21'] },
  'a window of keys': { steps: "[{ map: 'x => [x % 2, x]' }, { reduceByKey: add }]", shown: ['[0,12]', '[1,9]'] },
  'a partition': { steps: "[{ mapPartitions: 'xs => xs.map(perhaps)' }]", shown: ['1', '2', '3', '4', '5', '6'] },
} as const;

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

  test('a task that waits to be run again when another one fails does not hide that', async () => {
    const server = createServer((_request, response) => response.writeHead(400).end()).listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const job = jobOf('[{ map: perhaps }]', 'threads: 1')
      .replace('[[1, 2, 3, 4, 5, 6]], partitions: 3', '[[5, 6, 7]], partitions: 3')
      .replace('print: {}', `http: "http://127.0.0.1:${port}/"`);
    const cwd = folderWith({ 'job.yaml': job, 'functions.mjs': functions });
    const env = { FAULT: 'rejection', PASSING: 'yes' };
    const { code, stderr } = await streamjob(['run', 'job.yaml', '--batches', '1'], { cwd, env });
    expect([code, stderr]).toEqual([1, expect.stringContaining('not-delivered')]);
  });

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

describe('a function of the main thread that calls process.exit fails, and is named', () => {
  const ended = (steps: string, sink: string) => {
    const job = jobOf(steps, quick).replace('print: {}', sink);
    const cwd = folderWith({ 'job.yaml': job, 'functions.mjs': functions });
    return streamjob(['run', 'job.yaml', '--batches', '1', '--log-format', 'text'], { cwd, env: { FAULT: 'exit' } });
  };

  test.each([
    ['transform', "[{ transform: 'rdd => perhaps(5) && rdd' }]", 'print: {}', /out, step 1 \(transform\): .*exit\(7\)/],
    ['foreachRDD', '[]', "foreachRDD: '() => perhaps(5)'", /\(foreachRDD\) failed: process\.exit\(7\)/],
    [
      'foreachRDD behind an action',
      '[]',
      "foreachRDD: 'async rdd => perhaps(5 + 0 * (await rdd.count()))'",
      /\(foreachRDD\) failed: process\.exit\(7\)/,
    ],
  ])('%s', async (_what, steps, sink, message) => {
    const { code, stderr } = await ended(steps, sink);
    expect(stderr).toMatch(message);
    expect(stderr).toContain('job.yaml:');
    expect(code).toBe(1);
  });
});

test.each([
  ['a sink', "[{ map: 'x => () => x' }]", /job\.yaml:5:\d+ {2}not-a-value {2}out, step 1 \(map\) gave a function/],
  [
    'a shuffle',
    "[{ map: 'x => () => x' }, { repartition: 2 }]",
    /job\.yaml:5:\d+ {2}not-a-value {2}out, step 1 \(map\) >/,
  ],
])('a function gives what is no value to %s, and its step is named', async (_where, steps, message) => {
  const { code, stderr } = await run(steps, {});
  expect(stderr).toMatch(message);
  expect(code).toBe(1);
});

test('a sink may wait for its server for longer than a task may take', async () => {
  const bodies: string[] = [];
  const server = createServer(async (request, response) => {
    bodies.push(Buffer.concat(await request.toArray()).toString());
    setTimeout(() => response.end(), 700);
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const sink = `http: { url: "http://127.0.0.1:${port}/", batchSize: 1 }`;
  const job = jobOf('[]', patient).replace('partitions: 3', 'partitions: 1').replace('print: {}', sink);
  const cwd = folderWith({ 'job.yaml': job, 'functions.mjs': functions });
  const { code, stderr } = await streamjob(['run', 'job.yaml', '--batches', '1'], { cwd });
  expect([code, stderr]).toEqual([0, expect.not.stringContaining('task-timeout')]);
  expect([...new Set(bodies)].toSorted()).toEqual(['1\n', '2\n', '3\n', '4\n', '5\n', '6\n']);
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

  test.each([
    [
      'the functions cannot be loaded again',
      '[{ map: perhaps }]',
      "if (existsSync('loaded')) throw new Error('not again');\nwriteFileSync('loaded', '');\n",
      'bad-module',
    ],
    ['states are lost', "[{ map: 'x => [0, perhaps(x)]' }, { updateStateByKey: 'vs => vs.length' }]", '', 'state-lost'],
  ])('but not if all others would fail, too: %s', async (_why, steps, more, code) => {
    const job = jobOf(steps, 'threads: 1, taskRetries: 0, onBatchFailure: continue').replace(
      '[[1, 2, 3, 4, 5, 6]]',
      '[[1], [5], [6], [7]]',
    );
    const cwd = folderWith({ 'job.yaml': `checkpoint: false\n${job}`, 'functions.mjs': functions + more });
    const ended = await streamjob(['run', 'job.yaml', '--batches', '4'], { cwd, env: { FAULT: 'exit' } });
    expect(ended.stderr).toContain(code);
    expect(ended.code).not.toBe(0);
  });
});
