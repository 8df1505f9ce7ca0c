import { CsvError, parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { framingOptions } from '#src/component/delimited.ts';
import type { OnBadRecord } from '#src/component/format.ts';
import { ChannelFramer } from '#src/component/framing.ts';
import { Head, headMark } from '#src/component/heads.ts';
import csv from '#src/formats/csv.ts';

type Config = Parameters<typeof csv.decoder>[0];

const source = framingOptions({ delimiter: '\n', maxRecordBytes: 1e6 });
const configure = (more: Partial<Config> = {}): Config => ({
  header: false,
  delimiter: ',',
  multiline: false,
  ...more,
});

/** The records of whole text, and what is wrong with the others. */
function decode(content: string | Uint8Array, more: Partial<Config> = {}) {
  const config = configure(more);
  const bytes = Buffer.concat([...(config.header ? [headMark] : []), Buffer.from(content as string)]);
  const bad: string[] = [];
  const onBad: OnBadRecord = (record, { message }) => bad.push(`${record}: ${message}`);
  return { records: csv.decoder(config, source)(bytes, 0, bytes.length, onBad), bad };
}

describe('csv', () => {
  it.each([
    [
      'plain fields',
      'a,b\n1,2\n',
      [
        ['a', 'b'],
        ['1', '2'],
      ],
    ],
    [
      'empty fields',
      ',a,\n,\n',
      [
        ['', 'a', ''],
        ['', ''],
      ],
    ],
    ['quoted fields', '"a","b, c",d\n', [['a', 'b, c', 'd']]],
    ['quotes in quotes', '"say ""hi""",""\n', [['say "hi"', '']]],
    ['only quotes', '""""\n', [['"']]],
    [
      'CRLF',
      'a,"b"\r\nc,d\r\n',
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    ],
    ['blank lines', '\na\n\r\n\nb', [['a'], ['b']]],
    ['spaces as they are', ' a , b\n', [[' a ', ' b']]],
    ['characters of several bytes', 'Grüße,"🎉"\n', [['Grüße', '🎉']]],
    ['nothing', '', []],
  ])('%s', (_name, content, records) => {
    expect(decode(content)).toEqual({ records, bad: [] });
    expect(decode(content, { multiline: true })).toEqual({ records, bad: [] });
  });

  it('makes objects of the columns in the header', () => {
    expect(decode('id,"full name"\n1,Ada\n2,"Ben, B."\n', { header: true })).toEqual({
      records: [
        { id: '1', 'full name': 'Ada' },
        { id: '2', 'full name': 'Ben, B.' },
      ],
      bad: [],
    });
  });

  it('makes objects of given columns', () => {
    expect(decode('1;Ada\n', { columns: ['id', 'name'], delimiter: ';' }).records).toEqual([{ id: '1', name: 'Ada' }]);
  });

  it('keeps a column named __proto__ as a field', () => {
    const [record] = decode('1\n', { columns: ['__proto__'] }).records as object[];
    expect(Object.entries(record!)).toEqual([['__proto__', '1']]);
  });

  it('reports what is no CSV, each line for itself, and goes on', () => {
    const { records, bad } = decode('a,b\n1,2\n1\n1,2,3\n"1"x,2\n1,5" pipe\n1,"2\n3,4\n', { header: true });
    expect(records).toEqual([
      { a: '1', b: '2' },
      { a: '3', b: '4' },
    ]);
    expect(bad).toEqual([
      '1: A record is not valid CSV: it has 1 field, and there are 2 columns.',
      '1,2,3: A record is not valid CSV: it has 3 fields, and there are 2 columns.',
      '"1"x,2: A record is not valid CSV: field 1 goes on behind its closing quote.',
      '1,5" pipe: A record is not valid CSV: a quote stands inside a field that is not quoted.',
      '1,"2: A record is not valid CSV: a quote is not closed.',
    ]);
  });

  it('reports lines that are not UTF-8', () => {
    const content = Buffer.concat([Buffer.from('a,"é'), Buffer.of(0xff), Buffer.from('"\nü,"b"\n')]);
    for (const multiline of [false, true]) {
      expect(decode(content, { multiline })).toEqual({
        records: [['ü', 'b']],
        bad: ['a,"é\ufffd": A record is not valid UTF-8.'],
      });
    }
  });

  it.each([
    ['a,b,a', 'two columns are called `a`'],
    ['', 'there is no header'],
    ['a,"b', 'the header is damaged (A record is not valid CSV: a quote is not closed.)'],
  ])('says of each record what is wrong with the header %j', (header, problem) => {
    const { records, bad } = decode(`${header}\n1,2\n`, { header: true });
    expect(records).toEqual([]);
    expect(bad).toEqual([`1,2: A record is not valid CSV: ${problem}.`]);
  });

  it.each(['', 'ab', '"', '\n', 'é'])('refuses the delimiter %j', (delimiter) => {
    expect(() => csv.framer(configure({ delimiter }), source)).toThrow(/The delimiter of the CSV/);
  });

  it('refuses multiline with records that do not end at line ends', () => {
    const other = framingOptions({ delimiter: '\0', maxRecordBytes: 1e6 });
    expect(() => csv.framer(configure({ multiline: true }), other)).toThrow(/multiline: true/);
  });
});

/** Rich in what has a meaning. */
const parts = fc.array(
  fc.constantFrom('a', 'b', '"', '""', ',', ',', '\n', '\r\n', '"a"', '"a,b"', '"x\ny"', 'é', '🎉', ' ', '\r'),
  { maxLength: 25 },
);

/** What csv-parse makes of it; undefined if it refuses it. */
function byCsvParse(text: string): unknown {
  const options = { relax_column_count: true, skip_empty_lines: true, record_delimiter: ['\r\n', '\n'] };
  try {
    return parse(text, options);
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    return undefined;
  }
}

describe('csv and csv-parse', () => {
  it('agree on whole texts, lines within quotes included', () => {
    let accepted = 0;
    fc.assert(
      fc.property(parts, (some) => {
        const text = `${some.join('')}\n`;
        const theirs = byCsvParse(text);
        const ours = decode(text, { multiline: true });
        if (theirs !== undefined) accepted++;
        if (theirs === undefined) expect(ours.bad).not.toEqual([]);
        else expect(ours).toEqual({ records: theirs, bad: [] });
      }),
      { numRuns: 300 },
    );
    expect(accepted).toBeGreaterThan(100);
  });
});

/** Frames the pieces as an input of its own, and decodes what comes out as tasks do: each run behind its head. */
function frame(pieces: readonly Uint8Array[], config: Config) {
  const framer = csv.framer(config, source);
  const decoder = csv.decoder(config, source);
  const head = config.header ? new Head(framer, source.delimiter) : undefined;
  const records: unknown[] = [];
  const bad: unknown[] = [];
  const onBad: OnBadRecord = (record) => bad.push(record);
  const channel = new ChannelFramer(framer, 1e6, onBad);
  const emit = (bytes: Uint8Array, start: number, end: number): void => {
    const from = head?.behind(bytes, start, end) ?? start;
    const run = Buffer.concat([head?.bytes ?? Buffer.alloc(0), bytes.subarray(from, end)]);
    records.push(...decoder(run, 0, run.length, onBad));
  };
  for (const piece of pieces) channel.push(piece, emit);
  channel.end(emit);
  return { records, bad };
}

const cut = (bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] => {
  const places = [0, ...cuts.map((c) => c % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return places.slice(1).map((end, i) => bytes.slice(places[i], end));
};

describe('csv in pieces', () => {
  it('gives the same records as the whole, however it is cut', () => {
    fc.assert(
      fc.property(
        parts,
        fc.array(fc.nat(), { maxLength: 8 }),
        fc.boolean(),
        fc.boolean(),
        (some, cuts, multiline, header) => {
          const bytes = Buffer.from(some.join(''));
          const config = configure({ multiline, header });
          expect(frame(cut(bytes, cuts), config)).toEqual(frame([bytes], config));
        },
      ),
      { numRuns: 300 },
    );
  });

  it('is put together from runs of several inputs, each behind its own head', () => {
    const config = configure({ header: true });
    const run = (header: string, records: string): Buffer => Buffer.concat([headMark, Buffer.from(header + records)]);
    const bytes = Buffer.concat([run('a,b\n', '1,2\n'), run('b\n', '3\n4\n'), run('a,b\n', ''), run('b\n', '5\n')]);
    expect(csv.decoder(config, source)(bytes, 0, bytes.length, () => {})).toEqual([
      { a: '1', b: '2' },
      { b: '3' },
      { b: '4' },
      { b: '5' },
    ]);
  });

  it('is a bad record where a quote is still open at the end', () => {
    expect(frame([Buffer.from('a\n"b\nc')], configure({ multiline: true }))).toEqual({
      records: [['a']],
      bad: ['"b\nc'],
    });
  });
});
