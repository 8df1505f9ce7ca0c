import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { catalog } from '#src/catalog/index.ts';
import type { Partition } from '#src/component/source.ts';
import files from '#src/sources/files.ts';

type Config = Parameters<NonNullable<typeof files.driver>>[0];

let root: string;
let inbox: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'streamjob-files-'));
  inbox = join(root, 'in');
  mkdirSync(inbox);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** Writes a file; its age in seconds orders files. */
function put(name: string, content = 'x\n', age = 100): string {
  const path = join(inbox, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, content);
  const time = Date.now() / 1000 - age;
  utimesSync(path, time, time);
  return path;
}

/** A source on the inbox and what it says. */
function open(more: Partial<Config> = {}, once = false) {
  const config: Config = {
    path: inbox,
    format: { name: 'text', config: {} },
    delimiter: '\n',
    maxRecordBytes: 1e6,
    newOnly: false,
    recursive: false,
    minAge: 2000,
    maxBytesPerBatch: 1e9,
    onDataLoss: 'fail',
    onProcessed: 'keep',
    forgetAfter: 7 * 86_400_000,
    ...more,
  };
  const said: string[] = [];
  const states = new Set<string>();
  const log = (level: string, message: string) => said.push(`${level} ${message.replaceAll(root, '')}`);
  const driver = files.driver!(config, {
    job: 'j',
    name: 'logs',
    parallelism: 2,
    once,
    loadFormat: catalog.formats.load,
    log,
    state: (state, message) => states.add(`${state}: ${message.replaceAll(root, '')}`),
  });
  let time = 0;
  /** The next batch, as `name` of a whole file or `name[from-to]`. */
  const plan = async (): Promise<string[]> => (await planned()).partitions.flatMap(namesOf);
  const planned = () => {
    time += 1000;
    return driver.plan(time);
  };
  const committed = () => driver.committed!(time, async () => undefined);
  return { driver, plan, planned, committed, said, states, start: () => driver.start() };
}

const namesOf = (partition: Partition): string[] =>
  partition.map(({ path, offset, length, size }) => {
    const name = relative(inbox, path as string);
    return offset === 0 && length === size ? name : `${name}[${offset}-${Number(offset) + Number(length)}]`;
  });

describe('files', () => {
  it('gives each file once', async () => {
    put('a', 'abc');
    const source = open();
    await source.start();
    const [[split] = []] = (await source.planned()).partitions;
    expect(split).toMatchObject({ path: join(inbox, 'a'), offset: 0, length: 3, size: 3 });
    expect(await source.plan()).toEqual([]);
    put('b', 'x', 1000);
    expect(await source.plan()).toEqual(['b']);
  });

  it('orders by time and name', async () => {
    put('b', 'x', 10);
    put('c', 'x', 30);
    put('a', 'x', 30.5);
    const equal = Date.now() / 1000 - 20;
    for (const name of ['z', 'y']) utimesSync(put(name), equal, equal);
    const source = open();
    await source.start();
    expect(await source.plan()).toEqual(['a', 'c', 'y', 'z', 'b']);
  });

  it('ignores hidden and temporary names, directories and what is no file', async () => {
    for (const name of ['.a', '_b', 'c.tmp', 'sub/d', 'ok.txt']) put(name);
    execFileSync('mkfifo', [join(inbox, 'pipe')]);
    const source = open();
    await source.start();
    expect(await source.plan()).toEqual(['ok.txt']);
  });

  it('says once that a name which is not UTF-8 is not read', async () => {
    for (const name of ['ü', '\ufffd']) put(name);
    writeFileSync(Buffer.from(`${inbox}/caf\xe9`, 'latin1'), 'x');
    const source = open({ minAge: 0 });
    await source.start();
    expect(await source.plan()).toEqual(['ü', '\ufffd']);
    expect(await source.plan()).toEqual([]);
    expect(source.said).toEqual(['warn logs: /in/caf\ufffd is not read: its name is not UTF-8; rename it']);
  });

  it('follows links to files, not to directories, and knows a file by whatever name', async () => {
    const outside = join(root, 'outside');
    mkdirSync(outside);
    writeFileSync(join(outside, 'f'), 'x');
    utimesSync(join(outside, 'f'), 1, 1);
    symlinkSync(join(outside, 'f'), join(inbox, 'link'));
    symlinkSync(outside, join(inbox, 'dir'));
    symlinkSync(join(root, 'nowhere'), join(inbox, 'dangling'));
    linkSync(join(outside, 'f'), join(inbox, 'second'));
    const source = open({ recursive: true });
    await source.start();
    expect(await source.plan()).toHaveLength(1);
    expect(await source.plan()).toEqual([]);
  });

  it('looks below with `recursive`, and where a glob says', async () => {
    for (const name of ['a.log', 'x/b.log', 'x/y/c.log', 'x/y/c.txt', 'x/_z/d.log']) put(name);
    const found = async (more: Partial<Config>) => {
      const source = open(more);
      await source.start();
      return (await source.plan()).sort();
    };
    expect(await found({ recursive: true })).toEqual(['a.log', 'x/b.log', 'x/y/c.log', 'x/y/c.txt']);
    expect(await found({ path: join(inbox, '**/*.log') })).toEqual(['a.log', 'x/b.log', 'x/y/c.log']);
    expect(await found({ path: join(inbox, '*.log') })).toEqual(['a.log']);
    expect(await found({ path: join(inbox, '*/*.log') })).toEqual(['x/b.log']);
    expect(await found({ path: join(inbox, 'x/y/c.{txt,csv}') })).toEqual(['x/y/c.txt']);
    expect(await found({ path: join(inbox, 'x/y/c.txt') })).toEqual(['x/y/c.txt']);
  });

  it('takes a name that looks like a glob by its word if it is there', async () => {
    put('[old]/a');
    const source = open({ path: join(inbox, '[old]') });
    await source.start();
    expect(await source.plan()).toEqual(['[old]/a']);
  });

  it('waits until a file has not changed for minAge', async () => {
    const path = put('a', 'x', 0);
    const source = open({ minAge: 1e6 });
    await source.start();
    expect(await source.plan()).toEqual([]);
    appendFileSync(path, 'y');
    expect(await source.plan()).toEqual([]);
    utimesSync(path, 1, 1);
    expect(await source.plan()).toEqual(['a']);
  });

  it('takes a file from a clock that is ahead when it has been seen unchanged for minAge', async () => {
    put('a', 'x', -3600);
    const source = open({ minAge: 50 });
    await source.start();
    let taken: string[] = [];
    while (taken.length === 0) taken = await source.plan();
    expect(taken).toEqual(['a']);
  });

  it('with minAge 0s takes a file at once', async () => {
    put('a', 'x', 0);
    const source = open({ minAge: 0 });
    await source.start();
    expect(await source.plan()).toEqual(['a']);
  });

  it('knows a renamed file again, and takes the new one that gets its name', async () => {
    const path = put('app.log', 'one');
    const source = open();
    await source.start();
    expect(await source.plan()).toEqual(['app.log']);
    renameSync(path, join(inbox, 'app.log.1'));
    put('app.log', 'two');
    expect(await source.plan()).toEqual(['app.log']);
    expect(await source.plan()).toEqual([]);
    expect(source.said).toEqual([]);
  });

  it('takes a file that was replaced between two listings, also if it looks the same', async () => {
    const path = put('a', 'one', 50);
    const source = open();
    await source.start();
    await source.plan();
    rmSync(path);
    put('a', 'two', 50);
    expect(await source.plan()).toEqual(['a']);
    put('b', 'new', 50);
    renameSync(join(inbox, 'b'), path);
    expect(await source.plan()).toEqual(['a']);
  });

  it('reports a change of a file that was read, once, and does not read it, under its new name neither', async () => {
    const path = put('a');
    const source = open();
    await source.start();
    await source.plan();
    appendFileSync(path, 'more');
    utimesSync(path, 1, 1);
    expect(await source.plan()).toEqual([]);
    truncateSync(path);
    expect(await source.plan()).toEqual([]);
    renameSync(path, join(inbox, 'b'));
    expect(await source.plan()).toEqual([]);
    expect(source.said).toEqual(['warn logs: /in/a has changed after it was read; the change is not read']);
  });

  it('does not read a file that has gone, and gives none for an empty one', async () => {
    put('empty', '');
    const source = open({ maxFilesPerBatch: 1 });
    await source.start();
    put('gone');
    put('stays', 'x', 10);
    expect(await source.plan()).toEqual([]);
    rmSync(join(inbox, 'gone'));
    expect([...(await source.plan()), ...(await source.plan())]).toEqual(['stays']);
  });

  it('with newOnly ignores what is there at the start', async () => {
    put('old');
    const source = open({ newOnly: true });
    await source.start();
    put('new', 'x', 1000);
    expect(await source.plan()).toEqual(['new']);
  });

  it('waits for a directory that is not there yet, and says so once', async () => {
    rmSync(inbox, { recursive: true });
    const source = open();
    await source.start();
    expect(await source.plan()).toEqual([]);
    expect(await source.plan()).toEqual([]);
    mkdirSync(inbox);
    put('a');
    expect(await source.plan()).toEqual(['a']);
    expect(source.said).toEqual([
      'info logs: waiting for the directory /in, which is not there',
      'info logs: /in is there',
    ]);
    expect([...source.states]).toEqual([
      'waiting: waiting for the directory /in, which is not there',
      'active: /in is there',
    ]);
  });

  it('refuses what is no directory', async () => {
    put('file');
    const source = open({ path: join(inbox, 'file/below') });
    await expect(source.start()).rejects.toMatchObject({ code: 'file-missing' });
  });

  it('gives a compressed file to one task, whatever the limits', async () => {
    put('a.gz', 'x'.repeat(5_000_000), 20);
    put('b', 'x'.repeat(5_000_000), 10);
    const source = open({ maxBytesPerBatch: 2e6 });
    await source.start();
    expect(await source.plan()).toEqual(['a.gz']);
    expect(await source.plan()).toEqual(['b[0-1000000]', 'b[1000000-2000000]']);
  });
});

describe('the size of batches', () => {
  it('keeps to maxFilesPerBatch', async () => {
    for (let i = 0; i < 5; i++) put(`f${i}`);
    const source = open({ maxFilesPerBatch: 2 });
    await source.start();
    expect(
      [await source.plan(), await source.plan(), await source.plan(), await source.plan()].map((b) => b.length),
    ).toEqual([2, 2, 1, 0]);
  });

  it('spreads files over batches by maxBytesPerBatch', async () => {
    put('a', 'x'.repeat(25), 30);
    put('b', 'y'.repeat(10), 20);
    const source = open({ maxBytesPerBatch: 10 });
    await source.start();
    const batches = [
      await source.plan(),
      await source.plan(),
      await source.plan(),
      await source.plan(),
      await source.plan(),
    ];
    expect(batches).toEqual([['a[0-10]'], ['a[10-20]'], ['a[20-25]', 'b[0-5]'], ['b[5-10]'], []]);
  });

  it('goes on with a file that is renamed between its batches', async () => {
    const path = put('a', 'x'.repeat(25), 30);
    const source = open({ maxBytesPerBatch: 20 });
    await source.start();
    expect(await source.plan()).toEqual(['a[0-20]']);
    renameSync(path, join(inbox, 'b'));
    expect([await source.plan(), await source.plan()]).toEqual([['b[20-25]'], []]);
  });

  it('does not cut a file whose delimiters may overlap', async () => {
    put('a', 'x'.repeat(25), 30);
    put('b', 'y', 20);
    const source = open({ maxBytesPerBatch: 10, delimiter: '||' });
    await source.start();
    expect([await source.plan(), await source.plan()]).toEqual([['a'], ['b']]);
  });

  it('cuts large files evenly and groups small ones', async () => {
    put('big', 'x'.repeat(10_000_000), 30);
    for (let i = 0; i < 10; i++) put(`small${i}`, 'y'.repeat(16_384), 20);
    const source = open();
    await source.start();
    const { partitions } = await source.planned();
    const sizes = partitions.map((splits) => splits.reduce((sum, { length }) => sum + Number(length), 0));
    expect(sizes.slice(0, 7)).toEqual([1_250_000, 1_250_000, 1_250_000, 1_250_000, 1_250_000, 1_250_000, 1_250_000]);
    expect(partitions.slice(7).flat()).toHaveLength(11);
    expect(partitions.length).toBeLessThanOrEqual(9);
  });

  it('spreads many tiny files over the threads: opening one is work, too', async () => {
    for (let i = 0; i < 800; i++) put(`tiny${i}`, 'y', 20);
    const source = open();
    await source.start();
    const { partitions } = await source.planned();
    expect(partitions.map(({ length }) => length)).toEqual(Array(8).fill(100));
  });

  it('keeps partitions below 64 MB', async () => {
    const path = put('sparse', '');
    truncateSync(path, 5e9);
    utimesSync(path, 1, 1);
    const source = open({ maxBytesPerBatch: 4e9 });
    await source.start();
    const { partitions } = await source.planned();
    const sizes = partitions.flatMap((splits) => splits.map(({ length }) => Number(length)));
    expect(Math.max(...sizes)).toBeLessThanOrEqual(64e6);
    expect(sizes.reduce((a, b) => a + b)).toBe(4e9);
  });
});

describe('with --once', () => {
  it('gives the files that were there at the start, and is done with the last', async () => {
    for (let i = 0; i < 3; i++) put(`f${i}`);
    const source = open({ maxFilesPerBatch: 2 }, true);
    await source.start();
    const first = await source.planned();
    expect([first.partitions.flat().length, first.done]).toEqual([2, false]);
    put('late');
    const second = await source.planned();
    expect([second.partitions.flatMap(namesOf), second.done]).toEqual([['f2'], true]);
  });

  it('says from the beginning how many bytes are left for later batches', async () => {
    put('a', 'x'.repeat(25), 30);
    put('b', 'y'.repeat(10), 20);
    const source = open({ maxBytesPerBatch: 20 }, true);
    await source.start();
    expect([await source.planned(), await source.planned()]).toMatchObject([
      { left: 15, done: false },
      { left: 0, done: true },
    ]);
  });

  it('is done at once if there is nothing', async () => {
    const source = open({}, true);
    await source.start();
    expect(await source.planned()).toMatchObject({ partitions: [], done: true });
  });

  it('waits for a young file, and says so', async () => {
    put('young', 'x', 0);
    const source = open({ minAge: 1000 }, true);
    await source.start();
    expect(await source.plan()).toEqual(['young']);
    expect(source.said).toEqual([
      expect.stringMatching(
        /^info logs: waiting up to \d+m?s to see whether \/in\/young may still be written \(minAge\)$/,
      ),
    ]);
  });

  it('leaves a file that is still being written to the next run', async () => {
    const path = put('growing', 'x', 0);
    const source = open({ minAge: 1000 }, true);
    await source.start();
    const planning = source.plan();
    const growing = setInterval(() => appendFileSync(path, 'y'), 5);
    expect(await planning).toEqual([]);
    clearInterval(growing);
    expect(source.said.at(-1)).toBe('warn logs: /in/growing is still being written, and left to the next run');
  });

  it('stops waiting when it is stopped', async () => {
    put('young', 'x', 0);
    const source = open({ minAge: 1e6 }, true);
    await source.start();
    const planning = source.plan();
    await source.driver.stop();
    expect(await planning).toEqual([]);
  });

  it('fails if the directory is not there', async () => {
    const source = open({ path: join(root, 'nowhere') }, true);
    await expect(source.start()).rejects.toMatchObject({
      code: 'file-missing',
      message: `Cannot look for files in ${join(root, 'nowhere')}: it does not exist.`,
    });
  });
});

describe('onProcessed', () => {
  it('deletes a file when its last batch is done', async () => {
    const path = put('a', 'x'.repeat(20));
    const source = open({ onProcessed: 'delete', maxBytesPerBatch: 10 });
    await source.start();
    await source.plan();
    await source.committed();
    expect(existsSync(path)).toBe(true);
    await source.plan();
    expect(existsSync(path)).toBe(true);
    await source.committed();
    expect(existsSync(path)).toBe(false);
  });

  it('moves a file, and gives it a number if its name is taken', async () => {
    const done = join(root, 'deep/done');
    const source = open({ onProcessed: { moveTo: done } });
    await source.start();
    for (let i = 0; i < 3; i++) {
      put('a');
      expect(await source.plan()).toEqual(['a']);
      await source.committed();
    }
    expect(readdirSync(done)).toEqual(['a', 'a.1', 'a.2']);
    expect(readdirSync(inbox)).toEqual([]);
  });

  it.skipIf(!existsSync('/dev/shm'))('moves to another file system', async () => {
    const done = mkdtempSync('/dev/shm/streamjob-');
    const source = open({ onProcessed: { moveTo: done } });
    await source.start();
    put('a');
    await source.plan();
    await source.committed();
    expect([readdirSync(done), readdirSync(inbox)]).toEqual([['a'], []]);
    rmSync(done, { recursive: true });
  });

  it('leaves alone what has changed since it was read, and is not upset by what has gone', async () => {
    const changed = put('a');
    const gone = put('b');
    const source = open({ onProcessed: 'delete' });
    await source.start();
    await source.plan();
    appendFileSync(changed, 'more');
    rmSync(gone);
    await source.committed();
    expect(readdirSync(inbox)).toEqual(['a']);
    expect(source.said).toEqual([
      'warn logs: /in/a has changed since it was read, and is not deleted',
      'warn logs: /in/b has gone before it could be deleted',
    ]);
  });

  it('is repeated by the next run, which has no quarrel with what was done already', async () => {
    const [done, replaced, left] = ['a', 'b', 'c'].map((name) => put(name)) as [string, string, string];
    const source = open({ onProcessed: 'delete' });
    await source.start();
    const { memory } = await source.planned();
    rmSync(done);
    renameSync(replaced, join(root, 'away'));
    put('b', 'another');
    const next = open({ onProcessed: 'delete' });
    next.driver.restore!(memory!, new Set());
    await next.start();
    expect(existsSync(left)).toBe(false);
    expect([readdirSync(inbox), next.said]).toEqual([['b'], []]);
    expect(await next.plan()).toEqual(['b']);
  });
});

describe('what is remembered', () => {
  it('is forgotten when a file has been absent for forgetAfter', async () => {
    const path = put('a');
    const source = open({ forgetAfter: 20 });
    await source.start();
    expect(await source.plan()).toEqual(['a']);
    renameSync(path, join(root, 'away'));
    await source.plan();
    const since = Date.now();
    while (Date.now() < since + 30) await source.plan();
    renameSync(join(root, 'away'), path);
    expect(await source.plan()).toEqual(['a']);
  });

  it('is kept while a file is absent for less', async () => {
    const path = put('a');
    const source = open();
    await source.start();
    await source.plan();
    renameSync(path, join(root, 'away'));
    await source.plan();
    renameSync(join(root, 'away'), join(inbox, 'b'));
    expect(await source.plan()).toEqual([]);
  });

  it('is kept for a renamed file among many names', async () => {
    for (let i = 0; i < 1000; i++) put(`f${i}`);
    const source = open({ forgetAfter: 1 });
    await source.start();
    await source.plan();
    renameSync(join(inbox, 'f700'), join(inbox, 'renamed'));
    for (let i = 0; i < 10; i++) expect(await source.plan()).toEqual([]);
  });

  it('covers directories of many names, and finds each change in time', async () => {
    for (let i = 0; i < 1000; i++) put(`f${i}`);
    const source = open();
    await source.start();
    expect(await source.plan()).toHaveLength(1000);
    rmSync(join(inbox, 'f700'));
    put('f700', 'another');
    let taken: string[] = [];
    for (let i = 0; i < 5; i++) taken = [...taken, ...(await source.plan())];
    expect(taken).toEqual(['f700']);
  });
});
