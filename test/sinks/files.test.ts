import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import files from '#src/sinks/files.ts';
import { type Config, driverOf, filesConfig, write } from './filesSink.ts';
import { sinkTask } from './sinkTask.ts';

let directory: string;
let out: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'streamjob-sink-'));
  out = join(directory, 'out');
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const configure = (more: Partial<Config> = {}): Config => filesConfig({ path: out, ...more });

async function writeBatch(config: Config, time: number, partitions: readonly (readonly unknown[])[]): Promise<void> {
  const driver = driverOf(config);
  await driver.start?.();
  await driver.commit(time, await write(config, time, partitions));
}

const contentOf = (name: string): string => readFileSync(join(out, name), 'utf8');

describe('files sink', () => {
  it.each([
    ['one partition', [['a', 'b']], 'a\nb\n'],
    ['several partitions, in their order', [['a'], [], ['b', 'c'], ['d']], 'a\nb\nc\nd\n'],
    [
      'values that are not strings',
      [[['ä', 1], 2n, null, undefined, { x: new Date(0) }]],
      '["ä",1]\n"2"\nnull\nnull\n{"x":"1970-01-01T00:00:00.000Z"}\n',
    ],
  ])('text of %s', async (_name, partitions, content) => {
    await writeBatch(configure(), 1000, partitions);
    expect(readdirSync(out)).toEqual(['part-1000.txt']);
    expect(contentOf('part-1000.txt')).toBe(content);
  });

  it('writes every kind of value as JSON', async () => {
    const records = [
      'a\nb',
      1.5,
      Number.NaN,
      12345678901234567890n,
      Uint8Array.of(1, 2),
      new Map([['k', new Set([1])]]),
      [undefined],
      new Date(Number.NaN),
    ];
    await writeBatch(configure({ format: 'json' }), 1000, [records]);
    expect(contentOf('part-1000.json').split('\n')).toEqual([
      '"a\\nb"',
      '1.5',
      'null',
      '"12345678901234567890"',
      '"AQI="',
      '[["k",[1]]]',
      '[null]',
      'null',
      '',
    ]);
  });

  it.each([
    [{ prefix: 'top', suffix: 'log' }, 'top-5.log'],
    [{ prefix: '', suffix: '' }, '5'],
    [{ prefix: '', format: 'json' as const }, '5.json'],
  ])('names files as %j say', async (more, name) => {
    await writeBatch(configure(more), 5, [['x']]);
    expect(readdirSync(out)).toEqual([name]);
  });

  it('writes nothing for an empty batch, or an empty file if that is wanted', async () => {
    await writeBatch(configure(), 1000, [[], []]);
    expect(readdirSync(out)).toEqual([]);
    await writeBatch(configure({ writeEmpty: true }), 1000, [[], []]);
    expect(contentOf('part-1000.txt')).toBe('');
  });

  it('writes more than its buffer holds', async () => {
    const line = 'é'.repeat(50_000);
    await writeBatch(configure(), 1000, [Array<string>(20).fill(line), [line]]);
    expect(contentOf('part-1000.txt')).toBe(`${line}\n`.repeat(21));
  });

  it('shows nothing before the commit, and removes what a task gives up', async () => {
    const writer = files.worker(configure(), sinkTask());
    mkdirSync(out);
    writer.write('x'.repeat(200_000));
    expect(readdirSync(out).filter((name) => !name.startsWith('.'))).toEqual([]);
    expect(readdirSync(out)).toHaveLength(1);
    writer.abort?.();
    expect(readdirSync(out)).toEqual([]);
  });

  it('may commit a batch twice, with the same parts or those of another attempt', async () => {
    const driver = driverOf(configure());
    await driver.start?.();
    const first = await write(configure(), 1000, [['a'], ['b']]);
    await driver.commit(1000, first);
    await driver.commit(1000, first);
    expect(contentOf('part-1000.txt')).toBe('a\nb\n');
    await driver.commit(1000, await write(configure(), 1000, [['a'], ['b']], 'b'));
    expect(contentOf('part-1000.txt')).toBe('a\nb\n');
    expect(readdirSync(out)).toEqual(['part-1000.txt']);
  });

  it('refuses a file that is in the way, and leaves it as it was', async () => {
    mkdirSync(out);
    writeFileSync(join(out, 'part-1000.txt'), 'old');
    await expect(writeBatch(configure(), 1000, [['new']])).rejects.toMatchObject({
      code: 'output-exists',
      message: `${join(out, 'part-1000.txt')} exists, and this run has not written it.`,
    });
    expect(contentOf('part-1000.txt')).toBe('old');
    await writeBatch(configure({ overwrite: true }), 1000, [['new']]);
    expect(contentOf('part-1000.txt')).toBe('new\n');
  });

  it('removes what an earlier run left unfinished, and nothing else', async () => {
    mkdirSync(out);
    const others = [
      '.part-x.txt.a.0.tmp',
      '.part-7.json.a.0.tmp',
      'part-7.txt',
      '.other-7.txt.a.0.tmp',
      '.part-7.txt.a.0',
    ];
    for (const name of [...others, '.part-7.txt.a.0.tmp', '.part-8.txt.joined.tmp']) writeFileSync(join(out, name), '');
    await driverOf(configure()).start?.();
    expect(readdirSync(out).sort()).toEqual(others.sort());
  });

  it('without a suffix leaves alone what one with a suffix is writing', async () => {
    mkdirSync(out);
    const others = ['.part-7.txt.a.0.tmp', '.part-7.txt.joined.tmp'];
    for (const name of [...others, '.part-7.a.0.tmp', '.part-7.joined.tmp', '.part-7.replaced.tmp'])
      writeFileSync(join(out, name), '');
    await driverOf(configure({ suffix: '' })).start?.();
    expect(readdirSync(out).sort()).toEqual(others);
  });

  it('says that a file is where its directory should be', async () => {
    writeFileSync(out, '');
    await expect(driverOf(configure()).start?.()).rejects.toMatchObject({ code: 'output-exists' });
    await expect(driverOf(configure({ path: join(out, 'deep') })).start?.()).rejects.toMatchObject({
      code: 'output-exists',
    });
  });

  it('says that the disk is full', async () => {
    mkdirSync(out);
    symlinkSync('/dev/full', join(out, '.part-1000.txt.a.0.tmp'));
    await expect(write(configure(), 1000, [['x']])).rejects.toMatchObject({
      code: 'sink-failed',
      message: `Cannot write ${join(out, '.part-1000.txt.a.0.tmp')}: the disk is full.`,
    });
  });

  it.skipIf(process.getuid?.() === 0)('says that it may not write', async () => {
    mkdirSync(out);
    chmodSync(out, 0o500);
    await expect(write(configure(), 1000, [['x']])).rejects.toThrow(/it is not permitted/);
  });

  it('says that its directory has gone', async () => {
    await expect(write(configure(), 1000, [['x']])).rejects.toThrow(/the directory has gone/);
  });
});
