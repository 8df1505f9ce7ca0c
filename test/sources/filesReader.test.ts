import { appendFileSync, mkdtempSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { framingOptions } from '#src/component/delimited.ts';
import type { Split } from '#src/component/source.ts';
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
  const reader = files.worker!(config);
  const format = config.format.name === 'json' ? json : text;
  const decode = format.decoder({}, framingOptions(config));
  const bad: string[] = [];
  const lists: unknown[][] = [];
  for (const split of some) {
    const records: unknown[] = [];
    await reader.read(JSON.parse(JSON.stringify(split)), {
      bytes: (bytes, start, end) => void records.push(...decode(bytes, start, end, () => {})),
      records: () => expect.unreachable(),
      bad: (_record, error) => bad.push(error.message),
    });
    lists.push(records);
  }
  return { lists, records: lists.flat(), bad };
}

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
});
