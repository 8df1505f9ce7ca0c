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
