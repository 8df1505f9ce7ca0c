import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { folderWith, start, streamjob } from '../cli/command.ts';
import { eventually } from '../run/harness.ts';
import { FaultyJob } from './faultyJob.ts';
import { FileFeed } from './files.ts';
import { fragile, keepingStreams } from './jobs.ts';

/** A job whose batch over one file is planned and not done. */
async function interrupted(): Promise<FaultyJob> {
  const job = new FaultyJob('files: { path: in, minAge: 0s }');
  for (const folder of ['in', 'archive']) {
    mkdirSync(join(job.folder, folder));
    writeFileSync(join(job.folder, folder, 'a.txt'), '1\n2\n3\n');
  }
  expect((await job.live(['--once'], { failpoint: 'journal.synced' })).signal).toBe('SIGKILL');
  return job;
}

describe('a planned file', () => {
  test.each([
    ['that is gone', (path: string) => rmSync(path), /is gone/],
    ['that is shorter', (path: string) => truncateSync(path, 2), /has changed \(6 bytes were planned, there are 2\)/],
    ['that is another', (path: string) => writeFileSync(path, '4\n5\n6\n'), /has changed|is another file/],
  ])('%s ends the job by its name', async (_, disturb, message) => {
    const job = await interrupted();
    disturb(join(job.folder, 'in/a.txt'));
    const { code, stderr } = await job.live(['--once']);
    expect(stderr).toContain('input-changed');
    expect(stderr).toMatch(message);
    expect(stderr).toContain('a.txt');
    expect(code).toBe(1);
  });
});

test('a file of a batch that was not done, which the killed run may have written, is replaced', async () => {
  const job = await interrupted();
  const [time] = [...(await job.logged()).keys()];
  mkdirSync(join(job.folder, 'out/counts'), { recursive: true });
  writeFileSync(join(job.folder, `out/counts/part-${time}.json`), 'of a run that was killed here\n');
  expect((await job.live(['--once'])).code).toBe(0);
  await job.expectOutputsOfLoggedInput();
});

test('two jobs with one checkpoint: the second is refused, while the first runs and afterwards', async () => {
  const job = new FaultyJob('stdin: {}');
  writeFileSync(
    join(job.folder, 'other.yaml'),
    'batchInterval: 1s\nsources: { a: stdin }\nsinks: [{ from: a, print: {} }]\n'.replace('stdin }', '{ stdin: {} } }'),
  );
  const running = start(['run', 'job.yaml', '--log-format', 'text'], { cwd: job.folder });
  await running.seen('stderr', /started/);
  const other = () => streamjob(['run', 'other.yaml', '--checkpoint', 'checkpoint'], { cwd: job.folder, input: '' });
  expect(await other()).toMatchObject({ code: 3, stderr: expect.stringContaining('checkpoint-locked') });
  running.process.stdin.end();
  expect((await running.ended).code).toBe(0);
  expect(await other()).toMatchObject({
    code: 3,
    stderr: expect.stringContaining('is of the job job, and this is other'),
  });
});

test('a process that was suspended commits nothing beside the one that has taken over', async () => {
  const job = new FaultyJob('stdin: {}');
  const running = start(['run', 'job.yaml', '--log-format', 'text'], { cwd: job.folder });
  await running.seen('stderr', /started/);
  running.process.kill('SIGSTOP');
  expect((await streamjob(['checkpoint', 'unlock', 'checkpoint', '--yes'], { cwd: job.folder })).code).toBe(0);
  expect(await job.live([], { input: '1\n2\n' })).toMatchObject({ code: 0 });
  running.process.kill('SIGCONT');
  running.process.stdin.end('7\n8\n');
  const { code, stderr } = await running.ended;
  expect(stderr).toContain('has lost its checkpoint');
  expect(code).toBe(3);
  expect([...(await job.logged()).values()].flat()).toEqual(['1', '2']);
  await job.expectOutputsOfLoggedInput();
});

test('a process that is suspended keeps its checkpoint for itself, and goes on where it was', async () => {
  const job = new FaultyJob('stdin: {}');
  const running = job.start(['--log-format', 'text', '-v']);
  running.process.stdin.write('1\n2\nbad\n');
  await running.seen('stderr', /batch \d/);
  running.process.kill('SIGSTOP');
  expect(await job.live([], { input: '' })).toMatchObject({
    code: 3,
    stderr: expect.stringContaining('checkpoint-locked'),
  });
  running.process.kill('SIGCONT');
  running.process.stdin.end('7\n8\n');
  expect(await running.ended).toMatchObject({ code: 0 });
  expect([...(await job.logged()).values()].flat()).toEqual(['1', '2', 'bad', '7', '8']);
  await job.expectOutputsOfLoggedInput();
});

test('threads that die in the middle of a batch leave no trace in what is written', async () => {
  const job = new FaultyJob('files: { path: in, minAge: 0s, maxFilesPerBatch: 20 }', fragile(keepingStreams));
  const feed = new FileFeed(job.folder);
  feed.start();
  onTestFinished(() => feed.stop());
  const args = ['--threads', '2', '--set', 'settings.taskRetries=3', '--log-format', 'text', '-v'];
  const running = job.start(args);
  for (let death = 0; death < 4; death++) {
    const batches = running.stderr.length;
    writeFileSync(join(job.folder, 'die'), '');
    await eventually(() => !existsSync(join(job.folder, 'die')));
    await eventually(() => /batch \d/.test(running.stderr.slice(batches)));
  }
  running.process.kill('SIGTERM');
  expect((await running.ended).code).toBe(0);
  feed.stop();
  expect(await job.live(['--once'])).toMatchObject({ code: 0 });
  expect([...(await job.logged()).values()].flat().sort()).toEqual([...feed.written].sort());
  await job.expectOutputsOfLoggedInput();
});

test('a job that is changed to write where another job writes replaces nothing of the other', async () => {
  const job = new FaultyJob('stdin: {}');
  expect((await job.live([], { failpoint: 'sink.rename', input: '1\n' })).signal).toBe('SIGKILL');
  const time = [...(await job.logged()).keys()].at(-1);
  const theirs = folderWith({ [`part-${time}.json`]: 'of the other\n' });
  const file = join(job.folder, 'job.yaml');
  writeFileSync(file, readFileSync(file, 'utf8').replace('path: out/counts', `path: ${theirs}`));
  expect(await job.live([], { input: '' })).toMatchObject({ code: 3, stderr: expect.stringContaining(`part-${time}`) });
  expect(readdirSync(theirs)).toEqual([`part-${time}.json`]);
  expect(readFileSync(join(theirs, `part-${time}.json`), 'utf8')).toBe('of the other\n');
});

/** Root may write anywhere. */
test.skipIf(process.getuid?.() === 0)('a directory that may not be written is told', async () => {
  const job = new FaultyJob('stdin: {}');
  chmodSync(job.folder, 0o500);
  onTestFinished(() => chmodSync(job.folder, 0o700));
  const { code, stderr } = await job.live([], { input: '' });
  expect(stderr).toMatch(/checkpoint-failed|EACCES/);
  expect(code).toBe(3);
});

/** Only where the user may mount a file system of a few pages. */
function smallDisk(): string | undefined {
  const directory = mkdtempSync(join(tmpdir(), 'streamjob-full-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', directory], { stdio: 'ignore' });
  } catch {
    return undefined;
  }
  onTestFinished(() => void execFileSync('umount', [directory]));
  return directory;
}

test('a file system that is read-only is told, and where it is writable again the job goes on', async ({ skip }) => {
  const disk = smallDisk();
  if (disk === undefined) return skip('no file system can be mounted here');
  const job = new FaultyJob('stdin: {}');
  const options = ['--checkpoint', join(disk, 'checkpoint')];
  expect((await job.live(options, { input: '1\n2\n' })).code).toBe(0);
  execFileSync('mount', ['-o', 'remount,ro', disk]);
  const refused = await job.live(options, { input: '3\n' });
  expect(refused).toMatchObject({ code: 3, stderr: expect.stringContaining('read-only') });
  execFileSync('mount', ['-o', 'remount,rw', disk]);
  expect((await job.live(options, { input: '3\n' })).code).toBe(0);
});

test('a disk that is full ends the job with exit code 3, and with room it goes on', async ({ skip }) => {
  const disk = smallDisk();
  if (disk === undefined) return skip('no file system can be mounted here');
  const job = new FaultyJob('stdin: {}');
  const options = ['--checkpoint', join(disk, 'checkpoint')];
  expect((await job.live(options, { input: '1\n2\n' })).code).toBe(0);
  writeFileSync(join(disk, 'ballast'), Buffer.alloc(200_000));
  const full = await job.live(options, { input: '12345678\n'.repeat(20_000) });
  expect(full).toMatchObject({ code: 3, stderr: expect.stringContaining('checkpoint-failed') });
  rmSync(join(disk, 'ballast'));
  expect((await job.live(options, { input: '3\n' })).code).toBe(0);
});
