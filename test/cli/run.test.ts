import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { folderWith, printed, root, start, streamjob } from './command.ts';

const queueJob = (batches: string, steps = '[]', more = ''): string => `batchInterval: 20ms
${more}
sources: { numbers: { queue: { batches: ${batches} } } }
streams: { out: { from: numbers, steps: ${steps} } }
sinks: [{ from: out, print: {} }]
`;

const jsonLines = (text: string): readonly Record<string, unknown>[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe('results', () => {
  test('the bundled words are counted with --once', async () => {
    const { code, stdout } = await streamjob(['run', 'jobs/wordcount-files.yaml', '--once']);
    expect(printed(stdout).slice(0, 2)).toEqual(['["the",137]', '["and",63]']);
    expect(code).toBe(0);
  });

  test('standard input is worked off, and its end is the end', async () => {
    const input = '10:00 INFO a\n10:01 ERROR b\r\n10:02 FATAL ü';
    const { code, stdout } = await streamjob(['run', 'jobs/errors.yaml'], { input });
    expect(printed(stdout)).toEqual(expect.arrayContaining(['10:01 ERROR b', '10:02 FATAL ü', '["FATAL",1]']));
    expect(code).toBe(0);
  });

  test('files appear whole, one per batch, with dead letters beside them', async () => {
    const cwd = folderWith({ 'orders.yaml': readFileSync(join(root, 'jobs/orders.yaml'), 'utf8') });
    const input = '{"product": "tea", "price": 3}\n{"product": "salt"}\nnonsense\n{"product": "tea", "price": 2}\n';
    const { code } = await streamjob(['run', 'orders.yaml'], { cwd, input });
    const read = (folder: string): string =>
      readdirSync(join(cwd, 'out', folder))
        .map((name) => readFileSync(join(cwd, 'out', folder, name), 'utf8'))
        .join('');
    expect(jsonLines(read('turnover'))).toEqual([['tea', 5]]);
    expect(jsonLines(read('rejected')).map(({ record }) => record)).toEqual(
      expect.arrayContaining([{ product: 'salt' }, 'nonsense']),
    );
    expect(code).toBe(0);
  });
});

describe('how long a job runs', () => {
  test('--batches ends after so many', async () => {
    const cwd = folderWith({ 'job.yaml': queueJob('[[1], [2], [3]]') });
    const { code, stdout } = await streamjob(['run', 'job.yaml', '--batches', '2'], { cwd });
    expect(printed(stdout)).toEqual(['1', '2']);
    expect(code).toBe(0);
  });

  test('--duration ends after a time', async () => {
    const cwd = folderWith({ 'job.yaml': queueJob('[[1]]') });
    const { code, stdout } = await streamjob(['run', 'job.yaml', '--duration', '300ms'], { cwd });
    expect(printed(stdout)).toEqual(['1']);
    expect(code).toBe(0);
  });

  test('--once is refused for a source without an end', async () => {
    const { code, stderr } = await streamjob(['run', 'jobs/wordcount.yaml', '--once', '--log-format', 'text']);
    expect(stderr).toContain('not-once');
    expect(stderr).toContain('wordcount.yaml:');
    expect(code).toBe(2);
  });
});

describe('what goes wrong', () => {
  test('a function that throws ends the job with 1, its place, the record and the reason', async () => {
    const cwd = folderWith({ 'job.yaml': queueJob('[[1, 2]]', "[map: 'n => n.missing.field']") });
    const { code, stderr } = await streamjob(['run', 'job.yaml', '--log-format', 'text'], { cwd });
    expect(stderr).toContain('step-failed');
    expect(stderr).toMatch(/job\.yaml:4:\d+/);
    expect(stderr).toContain('out, step 1 (map)');
    expect(stderr).toMatch(/The record: 1$/m);
    expect(stderr).toMatch(/Cannot read properties of undefined/);
    expect(code).toBe(1);
  });

  test('a long record is cut in the message', async () => {
    const cwd = folderWith({ 'job.yaml': queueJob('[[0]]', '[{ map: n => "x".repeat(1e6) }, { map: s => s.a.b }]') });
    const { code, stderr } = await streamjob(['run', 'job.yaml', '--log-format', 'text'], { cwd });
    expect(stderr).toContain('xxx');
    expect(stderr.length).toBeLessThan(10_000);
    expect(code).toBe(1);
  });

  test('onBatchFailure: continue tells the failure and goes on', async () => {
    const more = 'settings: { onBatchFailure: continue }';
    const cwd = folderWith({ 'job.yaml': queueJob('[[1], [null], [3]]', '[{ map: n => n.toFixed(1) }]', more) });
    const { code, stdout, stderr } = await streamjob(['run', 'job.yaml', '--batches', '3'], { cwd });
    expect(printed(stdout)).toEqual(['1.0', '3.0']);
    expect(jsonLines(stderr)).toContainEqual(expect.objectContaining({ level: 'error', code: 'step-failed' }));
    expect(code).toBe(0);
  });

  test('run says what validate says, and starts nothing', async () => {
    const cwd = folderWith({ 'job.yaml': queueJob('[[1]]', "[mapp: 'n => n']") });
    const run = await streamjob(['run', 'job.yaml', '--log-format', 'text'], { cwd });
    const validate = await streamjob(['validate', 'job.yaml'], { cwd });
    expect(run.stderr).toContain('Did you mean');
    expect(validate.stdout).toContain(run.stderr.trimEnd());
    expect([run.code, run.stdout, validate.code, validate.stderr]).toEqual([2, '', 2, '']);
  });

  test('with a checkpoint the next run goes on where this one ended, and --fresh begins anew', async () => {
    const cwd = folderWith({ 'job.yaml': queueJob('[[1]]', '[]', 'checkpoint: ./checkpoint') });
    const run = (...args: string[]) => streamjob(['run', 'job.yaml', '--once', '-q', ...args], { cwd });
    expect(printed((await run()).stdout)).toEqual(['1']);
    expect(printed((await run()).stdout)).toEqual([]);
    expect(printed((await run('--fresh')).stdout)).toEqual(['1']);
    expect(printed((await run('--checkpoint', 'other')).stdout)).toEqual(['1']);
  });

  test('a job with states may leave it to --checkpoint to say where they are kept', async () => {
    const step = "[{ updateStateByKey: '(values, state) => (state ?? 0) + values.length' }]";
    const cwd = folderWith({ 'job.yaml': queueJob('[[[a, 1]]]', step) });
    const run = (...args: string[]) => streamjob(['run', 'job.yaml', '--once', '-q', ...args], { cwd });
    expect(await run()).toMatchObject({ code: 2, stderr: expect.stringContaining('no-checkpoint') });
    const kept = await run('--checkpoint', 'kept');
    expect({ code: kept.code, printed: printed(kept.stdout) }).toEqual({ code: 0, printed: ['["a",1]'] });
  });
});

describe('the log', () => {
  test('is JSON lines where no terminal is', async () => {
    const { stderr } = await streamjob(['run', 'jobs/queue.yaml', '--once', '-v']);
    const lines = jsonLines(stderr);
    expect(lines).toContainEqual(expect.objectContaining({ level: 'info', job: 'queue' }));
    expect(lines).toContainEqual(expect.objectContaining({ level: 'debug', records: 12 }));
  });

  test('is text on request, and quiet on request', async () => {
    const text = await streamjob(['run', 'jobs/queue.yaml', '--once', '--log-format', 'text']);
    expect(text.stderr).toMatch(/^\d\d:\d\d:\d\d queue started, a batch every 1s$/m);
    expect(text.stderr).toMatch(/queue ended: \d+ batches, 19 records/);
    const quiet = await streamjob(['run', 'jobs/queue.yaml', '--once', '-q']);
    expect(quiet.stderr).toBe('');
  });

  test('a job file that is wrong is told as JSON too', async () => {
    const cwd = folderWith({ 'job.yaml': queueJob('[[1]]', "[mapp: 'n => n']") });
    const { stderr } = await streamjob(['run', 'job.yaml'], { cwd });
    expect(jsonLines(stderr)).toContainEqual(
      expect.objectContaining({ level: 'error', line: 4, msg: expect.stringContaining('job.yaml:4:') }),
    );
  });
});

test('when nobody reads the output any more, the job ends gracefully', async () => {
  const job = queueJob('[]').replace('batches: []', 'batches: [], default: [1]');
  const command = start(['run', 'job.yaml'], { cwd: folderWith({ 'job.yaml': job }) });
  await command.seen('stdout', /^1$/m);
  command.process.stdout.destroy();
  const { code, stderr } = await command.ended;
  expect(stderr).toContain('nobody reads the output');
  expect(code).toBe(0);
});
