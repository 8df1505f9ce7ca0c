import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Config, csv, driverOf, filesConfig, write } from './filesSink.ts';

let out: string;
beforeEach(() => {
  out = join(mkdtempSync(join(tmpdir(), 'streamjob-sink-')), 'out');
});
afterEach(() => rmSync(join(out, '..'), { recursive: true, force: true }));

type Batch = readonly (readonly unknown[])[];

async function writeBatch(more: Partial<Config>, time: number, partitions: Batch, attempt?: string): Promise<void> {
  const config = filesConfig({ path: out, ...more });
  const driver = driverOf(config);
  await driver.start?.();
  await driver.commit(time, await write(config, time, partitions, attempt));
  await driver.stop?.();
}

const contentOf = (...names: string[]): string => readFileSync(join(out, ...names), 'utf8');

describe('files sink as csv', () => {
  it.each<[string, Config['format'], Batch, string]>([
    ['lists', 'csv', [[['a', 1]], [['b', 2.5]]], 'a,1\nb,2.5\n'],
    ['single values', 'csv', [['a', 5, true, null]], 'a\n5\ntrue\n\n'],
    ['what must be quoted', 'csv', [[['a,b', 'say "hi"', 'x\ny', ' z', '']]], '"a,b","say ""hi""","x\ny"," z",""\n'],
    [
      'values of other kinds',
      'csv',
      [[[new Date(0), 12345678901234567890n, Number.NaN, { a: [1] }, undefined, Uint8Array.of(1)]]],
      '1970-01-01T00:00:00.000Z,12345678901234567890,NaN,"{""a"":[1]}",,AQ==\n',
    ],
    [
      'objects by columns, with one header for all partitions',
      csv({ columns: ['id', 'a b'] }),
      [[{ id: 1, 'a b': 'x', more: 1 }], [], [{ id: 2 }]],
      'id,a b\n1,x\n2,\n',
    ],
    ['objects without header', csv({ columns: ['id'], header: false }), [[{ id: 1 }]], '1\n'],
    ['lists under a header', csv({ columns: ['k', 'n'] }), [[['a', 1]]], 'k,n\na,1\n'],
    ['other delimiters', csv({ columns: ['k', 'n'], delimiter: ';' }), [[['a;b', '1,5']]], 'k;n\n"a;b";1,5\n'],
    ['fields that an object inherits', csv({ columns: ['toString'] }), [[{}]], 'toString\n\n'],
  ])('writes %s', async (_name, format, partitions, content) => {
    await writeBatch({ format }, 1000, partitions);
    expect(readdirSync(out)).toEqual(['part-1000.csv']);
    expect(contentOf('part-1000.csv')).toBe(content);
  });

  it('writes the header of an empty file, if that is wanted', async () => {
    await writeBatch({ format: csv({ columns: ['a'] }), writeEmpty: true }, 1000, []);
    expect(contentOf('part-1000.csv')).toBe('a\n');
  });

  it.each([
    ['csv' as const, { id: 1, n: 2 }, 'Name them: `format: { csv: { columns: [id, n] } }`.'],
    [csv({ columns: ['a'] }), [1, 2], 'Give lists of 1 values (a), or objects.'],
  ])('says what is missing: %j', async (format, record, remedy) => {
    await expect(write(filesConfig({ path: out, format }), 1000, [[record]])).rejects.toMatchObject({
      code: 'bad-value',
      mayPass: false,
      remedy,
    });
  });
});

describe('files sink that compresses', () => {
  it('writes what gunzip reads, larger than its buffer', async () => {
    const line = 'é'.repeat(50_000);
    const format = csv({ columns: ['a'] });
    await writeBatch({ suffix: 'csv.gz', format }, 1000, [Array<string[]>(20).fill([line]), [[line]]]);
    const content = gunzipSync(readFileSync(join(out, 'part-1000.csv.gz'))).toString();
    expect(content === `a\n${`${line}\n`.repeat(21)}`).toBe(true);
  });
});

describe('files sink that is partitioned', () => {
  it('makes a directory as Spark does', async () => {
    await writeBatch({ partitioned: true, suffix: '' }, 1000, [['a', 'b'], [], ['c']]);
    expect(readdirSync(out)).toEqual(['part-1000']);
    expect(readdirSync(join(out, 'part-1000'))).toEqual(['_SUCCESS', 'part-00000', 'part-00002']);
    expect(contentOf('part-1000', 'part-00000')).toBe('a\nb\n');
    expect(contentOf('part-1000', 'part-00002')).toBe('c\n');
  });

  it('begins each file with the header, and may compress', async () => {
    const format = csv({ columns: ['a'] });
    await writeBatch({ partitioned: true, suffix: 'gz', format }, 1000, [[1], [2]]);
    const files = ['part-00000.gz', 'part-00001.gz'].map((name) => readFileSync(join(out, 'part-1000.gz', name)));
    expect(files.map((bytes) => gunzipSync(bytes).toString())).toEqual(['a\n1\n', 'a\n2\n']);
  });

  it('may commit a batch twice, with the same parts or those of another attempt', async () => {
    const config = filesConfig({ path: out, partitioned: true });
    const driver = driverOf(config);
    await driver.start?.();
    const first = await write(config, 1000, [['a'], ['b']]);
    await driver.commit(1000, first);
    await driver.commit(1000, first);
    await driver.commit(1000, await write(config, 1000, [['c']], 'b'));
    await driver.stop?.();
    expect(readdirSync(out)).toEqual(['part-1000.txt']);
    expect(readdirSync(join(out, 'part-1000.txt'))).toEqual(['_SUCCESS', 'part-00000']);
    expect(contentOf('part-1000.txt', 'part-00000')).toBe('c\n');
  });

  it('takes up a commit that ended halfway', async () => {
    const config = filesConfig({ path: out, partitioned: true });
    const driver = driverOf(config);
    await driver.start?.();
    const messages = await write(config, 1000, [['a'], ['b']]);
    mkdirSync(join(out, '.part-1000.txt.joined.tmp'));
    writeFileSync(join(out, '.part-1000.txt.joined.tmp', 'part-00007'), 'old');
    await driver.commit(1000, messages);
    expect(readdirSync(join(out, 'part-1000.txt'))).toEqual(['_SUCCESS', 'part-00000', 'part-00001']);
  });

  it('refuses a directory that is in the way, and removes unfinished ones', async () => {
    mkdirSync(join(out, 'part-1000.txt'), { recursive: true });
    mkdirSync(join(out, '.part-7.txt.joined.tmp', 'x'), { recursive: true });
    await expect(writeBatch({ partitioned: true }, 1000, [['a']])).rejects.toMatchObject({ code: 'output-exists' });
    expect(existsSync(join(out, '.part-7.txt.joined.tmp'))).toBe(false);
    await writeBatch({ partitioned: true, overwrite: true }, 1000, [['a']]);
    expect(contentOf('part-1000.txt', 'part-00000')).toBe('a\n');
  });
});
