import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { type CheckpointSummary, inspect } from '#src/checkpoint/inspect.ts';
import { KeptCheckpoint, out, planWith, sliding, update } from '../checkpoint/keptJob.ts';
import { bin, Command, folderWith, printed, start, streamjob } from './command.ts';

/** The second of three batches cannot be run. */
const job = (more = ''): string => `batchInterval: 20ms
checkpoint: kept
settings: { taskRetries: 0 }
sources: { numbers: { queue: { batches: [[1], [2], [3]] } } }
streams: { out: { from: numbers, steps: [{ map: 'n => { if (n === 2) throw new Error("no twos"); return n; }' }] } }
sinks: [{ from: out, print: {} }]
${more}`;

async function failed(): Promise<string> {
  const cwd = folderWith({ 'job.yaml': job() });
  expect((await streamjob(['run', 'job.yaml', '--once', '-q'], { cwd })).code).toBe(1);
  return cwd;
}

describe('streamjob checkpoint', () => {
  test('show tells what it holds, as text and as JSON', async () => {
    const cwd = await failed();
    const { stdout, code } = await streamjob(['checkpoint', 'show', 'kept'], { cwd });
    expect(stdout).toMatch(/^job {12}job, a batch every 20ms\nheld by {8}nobody \(start 1\)\n/);
    expect(stdout).toMatch(/waiting {8}\d planned and not done\n {15}\d{4}-.*Z {2}numbers\n/);
    expect(stdout).toMatch(/source {9}numbers \(queue\): 1 remembered/);
    expect(code).toBe(0);
    const json = JSON.parse((await streamjob(['checkpoint', 'show', 'kept', '--json'], { cwd })).stdout);
    expect(json).toMatchObject({ job: 'job', batchInterval: 20, epoch: 1, skipped: [] });
    expect(json.waiting[0].sources).toEqual(['numbers']);
  });

  test('skip leaves out the batch that fails, and keeps a record of it', async () => {
    const cwd = await failed();
    expect(await streamjob(['checkpoint', 'skip', 'kept'], { cwd })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--yes'),
    });
    const { code, stdout } = await streamjob(['checkpoint', 'skip', 'kept', '--yes'], { cwd });
    expect(stdout).toMatch(/^skipped .*"records":\[2\]/);
    expect(code).toBe(0);
    const next = await streamjob(['run', 'job.yaml', '--once', '-q'], { cwd });
    expect(next).toMatchObject({ code: 0, stderr: '' });
    expect(printed(next.stdout)).toEqual(['3']);
    expect((await streamjob(['checkpoint', 'show', 'kept'], { cwd })).stdout).toMatch(/skipped {8}\d{4}-/);
    expect(await streamjob(['checkpoint', 'skip', 'kept', '--yes'], { cwd })).toMatchObject({ code: 2 });
  });

  test('reset begins anew, unlock frees nothing that is free, and what is no checkpoint is refused', async () => {
    const cwd = await failed();
    expect(await streamjob(['checkpoint', 'unlock', 'kept'], { cwd })).toMatchObject({
      code: 0,
      stdout: 'Nobody holds it.\n',
    });
    expect((await streamjob(['checkpoint', 'reset', 'kept', '--yes'], { cwd })).code).toBe(0);
    expect(printed((await streamjob(['run', 'job.yaml', '--once', '-q'], { cwd })).stdout)).toEqual(['1']);
    expect(await streamjob(['checkpoint', 'show', '.'], { cwd })).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('is no checkpoint'),
    });
  });
});

test('a process that was killed holds nothing', async () => {
  const cwd = folderWith({ 'job.yaml': job().replace('queue: { batches: [[1], [2], [3]] }', 'rate: 0') });
  const running = start(['run', 'job.yaml'], { cwd });
  await running.seen('stderr', /started/);
  const show = async (): Promise<string> => (await streamjob(['checkpoint', 'show', 'kept'], { cwd })).stdout;
  expect(await show()).toContain(`held by        process ${running.process.pid} on`);
  running.process.kill('SIGKILL');
  await running.ended;
  expect(await show()).toContain('held by        nobody (start 1)');
});

describe('streamjob checkpoint, of a job with windows and states', () => {
  /** After five batches, each of which has brought an entry to a window and a state. */
  async function ended(): Promise<KeptCheckpoint> {
    const checkpoint = new KeptCheckpoint();
    const plan = await planWith(out(sliding('3s'), update));
    await checkpoint.batches(plan, [1_000, 2_000, 3_000, 4_000, 5_000]);
    return checkpoint;
  }

  test('show tells what each step holds', async () => {
    const { directory } = await ended();
    const { stdout } = await streamjob(['checkpoint', 'show', directory]);
    expect(stdout).toMatch(
      /^window {9}out\/1 \(reduceByKeyAndWindow\): 3 entries, \d+ bytes in 3 pieces, 1970-01-01T00:00:03.000Z to 1970-01-01T00:00:05.000Z$/m,
    );
    expect(stdout).toMatch(/^state {10}out\/2 \(updateStateByKey\): at most 5 keys, \d+ bytes in 5 pieces, /m);
    expect(stdout).toMatch(
      /^on the disk {4}.*: blocks 0 bytes, journal \d+ bytes, lock \d+ bytes, meta.json \d+ bytes, state \d+ bytes$/m,
    );
    const json = JSON.parse((await streamjob(['checkpoint', 'show', directory, '--json'])).stdout);
    expect(json.keepers).toMatchObject([
      { id: 'out/1', kind: 'window', component: 'reduceByKeyAndWindow', exact: true, pieces: 3, oldest: 3_000 },
      { id: 'out/2', kind: 'state', component: 'updateStateByKey', exact: false, entries: 5, newest: 5_000 },
    ]);
    const { bytes, parts } = json as CheckpointSummary;
    expect(bytes).toBe(Object.values(parts).reduce((sum, part) => sum + part, 0));
  });

  test('run syncs once for each batch, and once for each thread and kind of what it keeps', async () => {
    const job = `batchInterval: 20ms
checkpoint: kept
sources: { pairs: { queue: { batches: [${'[[a, 1], [b, 2], [c, 3]],'.repeat(5)}] } } }
streams:
${out('repartition: 4', update)}
  recent: { from: pairs, steps: [{ ${sliding('1s', '20ms')} }] }
sinks: [{ from: out, print: {} }, { from: recent, print: {} }]
`;
    const cwd = folderWith({ 'job.yaml': job });
    const seen = join(cwd, 'seen');
    const env = { STREAMJOB_FAILPOINTS_SEEN: seen };
    const args = ['run', 'job.yaml', '--once', '-q', '--threads', '2'];
    expect(await streamjob(args, { cwd, env })).toMatchObject({ code: 0 });
    const places = readFileSync(seen, 'utf8').split('\n');
    const times = (place: string): number => places.filter((visited) => visited === place).length;
    expect(times('journal.synced')).toBeLessThanOrEqual(5 + 1);
    expect(times('state.synced')).toBeGreaterThan(5);
    expect(times('state.synced')).toBeLessThanOrEqual(5 * 2 * 2);
  });

  test('run does not sync for batches that read nothing while no sink is due', async () => {
    const job = `batchInterval: 20ms
checkpoint: kept
sources: { pairs: { queue: { batches: [[[a, 1]]] } } }
streams:
${out(sliding('1h', '1h'))}
sinks: [{ from: out, print: {} }]
`;
    const cwd = folderWith({ 'job.yaml': job });
    const env = { STREAMJOB_FAILPOINTS_SEEN: join(cwd, 'seen') };
    const args = ['run', 'job.yaml', '--batches', '60', '-q', '--threads', '1'];
    expect(await streamjob(args, { cwd, env })).toMatchObject({ code: 0 });
    const places = readFileSync(join(cwd, 'seen'), 'utf8').split('\n');
    const times = (place: string): number => places.filter((visited) => visited === place).length;
    expect(times('journal.written')).toBeGreaterThanOrEqual(120);
    expect(times('journal.synced')).toBeLessThan(40);
  });

  test('run does not sync for batches of which the sinks show nothing', async () => {
    const job = `batchInterval: 20ms
checkpoint: kept
sources: { words: { queue: { batches: [[a]] } } }
streams: { out: { from: words, steps: [countByValue] } }
sinks: [{ from: out, print: {} }, { from: out, files: out }]
`;
    const cwd = folderWith({ 'job.yaml': job });
    const env = { STREAMJOB_FAILPOINTS_SEEN: join(cwd, 'seen') };
    const args = ['run', 'job.yaml', '--batches', '60', '-q', '--threads', '1'];
    expect(await streamjob(args, { cwd, env })).toMatchObject({ code: 0 });
    const places = readFileSync(join(cwd, 'seen'), 'utf8').split('\n');
    const times = (place: string): number => places.filter((visited) => visited === place).length;
    expect(times('sink.published')).toBe(1);
    expect(times('journal.written')).toBeGreaterThanOrEqual(120);
    expect(times('journal.synced')).toBeLessThan(40);
  });

  test('run merges it in the background', async () => {
    const checkpoint = new KeptCheckpoint();
    const plan = await planWith(out(update));
    await checkpoint.batches(plan, [1_000, 2_000, 3_000], { interval: 600_000 });
    const job = `batchInterval: 1s
sources: { pairs: { queue: { batches: [[]] } } }
streams:
${out(update)}
sinks: [{ from: out, print: {} }]
checkpoint: { directory: '${checkpoint.directory}', interval: 1ms }
`;
    const cwd = folderWith({ 'job.yaml': job });
    const run = new Command(bin, ['run', 'job.yaml', '-q'], { cwd });
    for (
      const deadline = Date.now() + 120_000;
      (await inspect(checkpoint.directory)).keepers[0]!.pieces > 1;
      await setTimeout(20)
    )
      if (Date.now() > deadline) throw new Error('Nothing was merged within two minutes.');
    run.process.kill('SIGTERM');
    expect(await run.ended).toMatchObject({ code: 0, stderr: '' });
  });

  test('reset --state forgets one of them, and only one that is there', async () => {
    const { directory } = await ended();
    const reset = (...args: string[]) => streamjob(['checkpoint', 'reset', directory, '--state', ...args]);
    expect(await reset('out', '--yes')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('It keeps out/1, out/2.'),
    });
    expect(await reset('out/2')).toMatchObject({ code: 2, stderr: expect.stringContaining('Forget what out/2 holds') });
    expect(await reset('out/2', '--yes')).toMatchObject({ code: 0 });
    expect((await inspect(directory)).keepers).toMatchObject([{ id: 'out/1', pieces: 3 }]);
  });
});
