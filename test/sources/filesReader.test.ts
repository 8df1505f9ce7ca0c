import { appendFileSync, mkdtempSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { catalog } from '#src/catalog/index.ts';
import { framingOptions } from '#src/component/delimited.ts';
import type { FormatDefinition, OnBadRecord } from '#src/component/format.ts';
import type { Split } from '#src/component/source.ts';
import binary from '#src/formats/binary.ts';
import csv from '#src/formats/csv.ts';
import json from '#src/formats/json.ts';
import text from '#src/formats/text.ts';
import files from '#src/sources/files.ts';

type Config = Parameters<NonNullable<typeof files.worker>>[0];

const directory = mkdtempSync(join(tmpdir(), 'streamjob-reader-'));
const path = join(directory, 'file.txt');
afterAll(() => rmSync(directory, { recursive: true }));
beforeEach(() => rmSync(path, { force: true }));

const configure = (more: Partial<Config> = {}): Config => ({
  path: directory,
  format: { name: 'text', config: {} },
  delimiter: '\n',
  maxRecordBytes: 1e6,
  newOnly: false,
  recursive: false,
  minAge: 0,
  maxBytesPerBatch: 1e9,
  onDataLoss: 'fail',
  onProcessed: 'keep',
  forgetAfter: 1e9,
  ...more,
});

/** The splits of the file, cut at these offsets. */
function splits(cuts: readonly number[]): Split[] {
  const { size, mtimeMs, ino, dev } = statSync(path);
  const edges = [...new Set([0, size, ...cuts.map((cut) => cut % (size + 1))])].sort((a, b) => a - b);
  return edges
    .slice(1)
    .map((end, i) => ({ path, offset: edges[i]!, length: end - edges[i]!, size, mtimeMs, ino, dev }));
}

/** What each split gives. */
async function read(some: readonly Split[], more: Partial<Config> = {}) {
  const config = configure(more);
  const reader = files.worker!(config, catalog.formats.load);
  const format = formats[config.format.name]!;
  const decode = format.decoder(config.format.config as never, framingOptions(config));
  const bad: string[] = [];
  const inputs: string[] = [];
  const logs: string[] = [];
  const onBad: OnBadRecord = (_record, error) => bad.push(error.message);
  const lists: unknown[][] = [];
  for (const split of some) {
    const records: unknown[] = [];
    await reader.read(JSON.parse(JSON.stringify(split)), {
      input: (name) => void inputs.push(name),
      bytes: (bytes, start, end) => void records.push(...decode(bytes, start, end, onBad)),
      records: () => expect.unreachable(),
      bad: onBad,
      log: (_level, message) => void logs.push(message),
    });
    lists.push(records);
  }
  return { lists, records: lists.flat(), bad, inputs, logs };
}

const formats: { readonly [name: string]: FormatDefinition } = { text, json, csv, binary };

const csvFormat = (more: object = {}) => ({
  name: 'csv',
  config: { header: true, delimiter: ',', multiline: false, ...more },
});

describe('reading ranges of a file', () => {
  it('gives each record once, to the range in which it begins', async () => {
    writeFileSync(path, 'aa\nbb\ncc\n');
    expect((await read(splits([3, 5]))).lists).toEqual([['aa'], ['bb'], ['cc']]);
    expect((await read(splits([1, 2]))).lists).toEqual([['aa'], [], ['bb', 'cc']]);
  });

  it('gives the same records however the file is cut', async () => {
    const words = fc.constantFrom('a', 'word', 'é', '🎉', '\n', '\n', '\r\n', '|', '、', ' ');
    const delimiters = fc.constantFrom('\n', '\r\n', '、', '|\n');
    await fc.assert(
      fc.asyncProperty(
        fc.array(words, { maxLength: 50 }),
        fc.array(fc.nat()),
        delimiters,
        async (parts, cuts, delimiter) => {
          writeFileSync(path, parts.join(''));
          const whole = parts.join('') === '' ? [] : parts.join('').split(delimiter === '\n' ? /\r?\n/ : delimiter);
          if (whole.at(-1) === '') whole.pop();
          expect((await read(splits(cuts), { delimiter })).records).toEqual(whole);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('gives the same records of a file of many pieces, with records longer than a piece', async () => {
    const lengths = Array.from({ length: 400 }, (_, i) => (i % 50 === 7 ? 200_000 : (i * 37) % 3000));
    const lines = lengths.map((length, i) => `${i}${'x'.repeat(length)}é`);
    writeFileSync(path, lines.join('\n'));
    const size = statSync(path).size;
    const cuts = Array.from({ length: 30 }, (_, i) => Math.floor((i * size) / 30));
    for (const some of [[], cuts]) {
      const { records } = await read(splits(some));
      expect(records.length).toBe(lines.length);
      expect(records.join('\n') === lines.join('\n')).toBe(true);
    }
  });

  it('finds a delimiter wherever it lies between the pieces that are searched', async () => {
    for (let shift = -4; shift <= 4; shift++) {
      const lines = ['x'.repeat(1000 - 64 + 64 * 1024 + shift), 'second', 'third'];
      writeFileSync(path, lines.join('、'));
      expect((await read(splits([1000]), { delimiter: '、' })).lists).toEqual([lines.slice(0, 1), lines.slice(1)]);
    }
  });

  it('reports a record that is too long, once', async () => {
    writeFileSync(path, `a\n${'x'.repeat(300_000)}\nb\n`);
    const { records, bad } = await read(splits([100, 1000, 200_000]), { maxRecordBytes: 100_000 });
    expect(records).toEqual(['a', 'b']);
    expect(bad).toEqual([`A record of ${path} is 300 KB long; the limit is 100 KB.`]);
  });

  it('skips a byte order mark at the beginning', async () => {
    writeFileSync(path, '\ufeff{"a":1}\n\ufeff');
    expect((await read(splits([]), { format: { name: 'json', config: {} } })).records).toEqual([{ a: 1 }]);
    expect((await read(splits([2]))).records).toEqual(['{"a":1}', '\ufeff']);
  });

  it('reads an empty line, CRLF, and a last line without end', async () => {
    writeFileSync(path, '\r\na\r\n\nb');
    expect((await read(splits([]))).records).toEqual(['', 'a', '', 'b']);
  });

  it.each([
    ['is gone', () => rmSync(path), /is gone/],
    ['has grown', () => appendFileSync(path, 'more\n'), /has changed \(4 bytes were planned, there are 9\)/],
    ['has another time', () => utimesSync(path, 1, 1), /has changed/],
    [
      'is another file',
      () => {
        writeFileSync(`${path}.new`, 'a\nb\n');
        renameSync(`${path}.new`, path);
      },
      /is another file/,
    ],
  ])('refuses a file that %s', async (_name, change, message) => {
    writeFileSync(path, 'a\nb\n');
    const planned = splits([]);
    change();
    await expect(read(planned)).rejects.toMatchObject({
      code: 'input-changed',
      message: expect.stringMatching(message),
    });
  });

  it('goes on without a file that is gone or changed, and says so, with onDataLoss: skip', async () => {
    writeFileSync(path, 'a\nb\n');
    const planned = splits([]);
    rmSync(path);
    const { records, logs } = await read(planned, { onDataLoss: 'skip' });
    expect(records).toEqual([]);
    expect(logs).toEqual([expect.stringContaining(`${path} is gone`)]);
  });

  it('names the file in errors', async () => {
    writeFileSync(path, 'a\n');
    expect((await read(splits([]))).inputs).toEqual([path]);
  });
});

describe('ranges of csv and binary files', () => {
  it('know the header wherever they begin', async () => {
    writeFileSync(path, '\ufeffid,name\n1,Ada\n2,Ben\n3,Cleo\n');
    const all = ['Ada', 'Ben', 'Cleo'].map((name, i) => ({ id: `${i + 1}`, name }));
    for (let cut = 1; cut < 30; cut++)
      expect((await read(splits([cut, cut + 3]), { format: csvFormat() })).records).toEqual(all);
  });

  it('take given columns in place of those in the header', async () => {
    writeFileSync(path, 'id,name\n1,Ada\n2,Ben\n');
    const { records } = await read(splits([12]), { format: csvFormat({ columns: ['n', 'who'] }) });
    expect(records).toEqual([
      { n: '1', who: 'Ada' },
      { n: '2', who: 'Ben' },
    ]);
  });

  it('know a header that is longer than a piece', async () => {
    const columns = Array.from({ length: 9000 }, (_, i) => `column${i}`);
    writeFileSync(path, `${columns.join(',')}\n${columns.map(() => 'x').join(',')}\n`);
    const { records, bad } = await read(splits([90_000]), { format: csvFormat() });
    expect(bad).toEqual([]);
    expect(records.map((record) => Object.keys(record as object).length)).toEqual([9000]);
  });

  it('give nothing but errors where the header is too long', async () => {
    writeFileSync(path, `${'x'.repeat(200)}\na\nb\n`);
    const { records, bad } = await read(splits([202]), { format: csvFormat(), maxRecordBytes: 100 });
    expect(records).toEqual([]);
    expect(bad).toEqual([
      expect.stringContaining('is 201 B long'),
      'A record is not valid CSV: there is no header.',
      'A record is not valid CSV: there is no header.',
    ]);
  });

  it('begin at multiples of the record length', async () => {
    const bytes = Buffer.from(Array.from({ length: 70_001 }, (_, i) => i % 251));
    writeFileSync(path, bytes);
    for (const cuts of [[], [1, 5, 8, 9, 65_537], [70_000]]) {
      const format = { name: 'binary', config: { recordLength: 7 } };
      const { records, bad } = await read(splits(cuts), { format });
      expect(Buffer.concat(records as Uint8Array[]).equals(bytes.subarray(0, 70_000))).toBe(true);
      expect(records.every((record) => (record as Uint8Array).length === 7)).toBe(true);
      expect(bad).toEqual([`${path}: The last record has 1 of 7 bytes.`]);
    }
  });

  it('keep what would be a byte order mark in a text', async () => {
    writeFileSync(path, Uint8Array.of(0xef, 0xbb, 0xbf, 1));
    const { records } = await read(splits([]), { format: { name: 'binary', config: { recordLength: 2 } } });
    expect(records).toEqual([Uint8Array.of(0xef, 0xbb), Uint8Array.of(0xbf, 1)]);
  });
});

describe('compressed files', () => {
  const compressed = `${path}.gz`;
  const planned = (): Split[] => {
    const { size, mtimeMs, ino, dev } = statSync(compressed);
    return [{ path: compressed, offset: 0, length: size, size, mtimeMs, ino, dev }];
  };

  it('are read piece by piece, as what they hold', async () => {
    const lines = Array.from({ length: 50_000 }, (_, i) => `line ${i} é`);
    writeFileSync(compressed, gzipSync(`\ufeff${lines.join('\r\n')}`));
    const { records } = await read(planned());
    expect(records.length).toBe(lines.length);
    expect(records.join('\n') === lines.join('\n')).toBe(true);
  });

  it('may consist of several parts, as after cat', async () => {
    writeFileSync(compressed, Buffer.concat([gzipSync('a,b\n1,2'), gzipSync('3\n4,5\n')]));
    expect((await read(planned(), { format: csvFormat() })).records).toEqual([
      { a: '1', b: '23' },
      { a: '4', b: '5' },
    ]);
  });

  it('that are damaged give what comes before the damage, and an error with the name', async () => {
    const whole = gzipSync(Array.from({ length: 100_000 }, (_, i) => `${(i * 7919) % 100_003}`).join('\n'));
    writeFileSync(compressed, whole.subarray(0, whole.length - 1000));
    const { records, bad } = await read(planned());
    expect(records.length).toBeGreaterThan(1000);
    expect(bad).toEqual([`${compressed} is damaged: unexpected end of file.`]);
    writeFileSync(compressed, 'no gzip at all');
    expect((await read(planned())).bad).toEqual([`${compressed} is damaged: incorrect header check.`]);
  });

  it('pass on what a step throws', async () => {
    writeFileSync(compressed, gzipSync('a\nb\n'));
    const out = { input() {}, records() {}, bad() {}, log() {} };
    const bytes = (): never => {
      throw new RangeError('from a step');
    };
    const reader = files.worker!(configure(), catalog.formats.load);
    await expect(reader.read(planned()[0]!, { ...out, bytes })).rejects.toThrow('from a step');
  });
});
