import { describe, expect, it } from 'vitest';
import type { StreamjobError } from '#src/base/errors.ts';
import { framingOptions } from '#src/component/delimited.ts';
import json from '#src/formats/json.ts';
import text from '#src/formats/text.ts';

const source = (delimiter = '\n') => framingOptions({ delimiter, maxRecordBytes: 1e6 });

function decode(format: typeof text | typeof json, content: string | Uint8Array, delimiter?: string) {
  const bytes = Buffer.from(content as string);
  const bad: [unknown, StreamjobError][] = [];
  const records = format.decoder({}, source(delimiter))(bytes, 0, bytes.length, (record, error) =>
    bad.push([record, error]),
  );
  return { records, bad };
}

describe('text', () => {
  it.each([
    ['lines', 'a\nb\n', ['a', 'b']],
    ['empty lines', '\n\na\n', ['', '', 'a']],
    ['mixed line ends', 'a\r\nb\nc\r\n', ['a', 'b', 'c']],
    ['an empty line that ends in CRLF', '\r\n', ['']],
    ['no line end at the end', 'a\nb', ['a', 'b']],
    ['characters of several bytes', 'Grüße 🎉\n日本\n', ['Grüße 🎉', '日本']],
    ['nothing', '', []],
  ])('%s', (_name, content, records) => {
    expect(decode(text, content)).toEqual({ records, bad: [] });
  });

  it('keeps CR with another delimiter', () => {
    expect(decode(text, 'a\r\n|b|', '|').records).toEqual(['a\r\n', 'b']);
  });

  it('reports lines that are not UTF-8, and loses nothing around them', () => {
    const { records, bad } = decode(
      text,
      Buffer.concat([Buffer.from('é\na'), Buffer.from([0xff, 13, 10, 0xe2, 10, 98])]),
    );
    expect(records).toEqual(['é', 'b']);
    expect(bad.map(([record]) => record)).toEqual(['a\ufffd', '\ufffd']);
    expect(bad[0]?.[1]).toMatchObject({ code: 'bad-record', message: 'A record is not valid UTF-8.' });
  });

  it('reads UTF-8 in shared memory', () => {
    const bytes = new Uint8Array(new SharedArrayBuffer(8));
    bytes.set(Buffer.from('grün\n'));
    bytes.set([0xff, 10], 6);
    const bad: unknown[] = [];
    expect(text.decoder({}, source())(bytes, 0, 8, (record) => bad.push(record))).toEqual(['grün']);
    expect(bad).toEqual(['\ufffd']);
  });

  it('decodes a part of larger bytes', () => {
    const bytes = Buffer.from('xxa\nb\nyy');
    expect(text.decoder({}, source())(bytes, 2, 6, () => {})).toEqual(['a', 'b']);
  });
});

describe('json', () => {
  it('gives a value a line and skips blank lines', () => {
    expect(decode(json, '{"a":[1,null]}\r\n\n  \t\n"x"\n-0\n')).toEqual({
      records: [{ a: [1, null] }, 'x', -0],
      bad: [],
    });
  });

  it('keeps a key named __proto__ as a field', () => {
    const [record] = decode(json, '{"__proto__":1}\n').records as object[];
    expect(Object.keys(record as object)).toEqual(['__proto__']);
  });

  it('reports what is not JSON, each line for itself, and goes on', () => {
    const { records, bad } = decode(json, '1\n[2\n3]\n4,5\n6\n');
    expect(records).toEqual([1, 6]);
    expect(bad.map(([record]) => record)).toEqual(['[2', '3]', '4,5']);
    expect(bad[0]?.[1]).toMatchObject({ code: 'bad-record', message: expect.stringContaining('not valid JSON') });
  });
});
