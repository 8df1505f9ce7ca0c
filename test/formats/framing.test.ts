import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { StreamjobError } from '#src/base/errors.ts';
import { delimiterFramer, framingOptions, overlapsItself } from '#src/component/delimited.ts';
import { ChannelFramer } from '#src/component/framing.ts';
import text from '#src/formats/text.ts';

const delimiters = ['\n', '\r\n', '||', 'aba', '、', '\0'];

/** The records of pieces, and the errors, in order of appearance. */
function frame(pieces: readonly Uint8Array[], delimiter: string, limit = 1e6): { records: string[]; bad: string[] } {
  const options = framingOptions({ delimiter, maxRecordBytes: limit });
  const decode = text.decoder({}, options);
  const records: string[] = [];
  const bad: string[] = [];
  const framer = new ChannelFramer(delimiterFramer(options.delimiter), limit, (record, error) =>
    bad.push(`${record}: ${error.message}`),
  );
  const emit = (bytes: Uint8Array, start: number, end: number): void => {
    records.push(...(decode(bytes, start, end, () => {}) as string[]));
  };
  for (const piece of pieces) framer.push(piece, emit);
  framer.end(emit);
  return { records, bad };
}

/** Any text rich in delimiters and in what looks like them, cut anywhere, also inside characters. */
const texts = fc
  .array(fc.constantFrom('a', 'b', 'ab', 'é', '🎉', '\n', '\r', '\r\n', '|', '、', '\0', ' ', 'word'), {
    maxLength: 60,
  })
  .map((parts) => Buffer.from(parts.join('')));

const cut = (bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] => {
  const places = [0, ...cuts.map((c) => c % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return places.slice(1).map((end, i) => bytes.slice(places[i], end));
};

describe('ChannelFramer', () => {
  it.each([
    ['a record over three pieces', ['ab', 'c', 'd\nx\n'], ['abcd', 'x']],
    ['no delimiter at the end', ['a\nb'], ['a', 'b']],
    ['an empty line', ['a\n', '\nb\n'], ['a', '', 'b']],
    ['CRLF, cut between its bytes', ['a\r', '\nb\r\n'], ['a', 'b']],
    ['a lone CR is data', ['a\rb\nc\r'], ['a\rb', 'c\r']],
    ['nothing', [], []],
    ['only delimiters', ['\n\n'], ['', '']],
  ])('%s', (_name, pieces, records) => {
    expect(
      frame(
        pieces.map((p) => Buffer.from(p)),
        '\n',
      ),
    ).toEqual({ records, bad: [] });
  });

  it('gives the same records however the bytes are cut', () => {
    fc.assert(
      fc.property(
        texts,
        fc.array(fc.nat(), { maxLength: 20 }),
        fc.constantFrom(...delimiters),
        (bytes, cuts, delimiter) => {
          expect(frame(cut(bytes, cuts), delimiter)).toEqual(frame([bytes], delimiter));
        },
      ),
    );
  });

  it.each([
    ['||', ['|', '|', 'x']],
    ['aba', ['a', 'b', 'x']],
    ['、', ['、', '。', '、x']],
  ])('gives what a split of the whole text at %j gives', (delimiter, parts) => {
    const someTexts = fc.array(fc.constantFrom(...parts), { maxLength: 30 }).map((some) => Buffer.from(some.join('')));
    fc.assert(
      fc.property(someTexts, fc.array(fc.nat()), (bytes, cuts) => {
        const whole = bytes.toString().split(delimiter);
        if (whole.at(-1) === '') whole.pop();
        expect(frame(cut(bytes, cuts), delimiter).records).toEqual(whole);
      }),
    );
  });

  it('gives the same records and errors with a limit, however the bytes are cut', () => {
    fc.assert(
      fc.property(
        texts,
        fc.array(fc.nat(), { maxLength: 20 }),
        fc.constantFrom(...delimiters),
        (some, cuts, delimiter) => {
          const bytes = Buffer.concat([some, Buffer.alloc(some.length * 40, 'x'), some]);
          expect(frame(cut(bytes, cuts), delimiter, 5)).toEqual(frame([bytes], delimiter, 5));
        },
      ),
    );
  });

  it('loses only the record that is too long, and says its size and the limit', () => {
    const { records, bad } = frame([Buffer.from(`one\n${'x'.repeat(20)}\ntwo\n`)], '\n', 10);
    expect(records).toEqual(['one', 'two']);
    expect(bad).toEqual([`${'x'.repeat(20)}: A record of the source is 21 B long; the limit is 10 B.`]);
  });

  it('finds the end of a record of many megabytes in small pieces, keeping little of it', () => {
    const piece = Buffer.alloc(1000, 'x');
    const pieces = [
      Buffer.from('one\n'),
      ...Array<Buffer>(20_000).fill(piece),
      Buffer.from('|'),
      Buffer.from('|two||'),
    ];
    const { records, bad } = frame(pieces, '||', 100_000);
    expect(records).toEqual(['two']);
    expect(bad).toEqual([`one\n${'x'.repeat(996)}: A record of the source is 20 MB long; the limit is 100 KB.`]);
  });

  it('is not quadratic in a long record that comes byte by byte', () => {
    const bytes = Buffer.alloc(900_000, 'x');
    let searched = 0;
    const inner = delimiterFramer(Buffer.from('\n'));
    const counting = {
      lastBoundary: inner.lastBoundary,
      firstBoundary(b: Uint8Array, start: number, end: number, after = start): number {
        searched += end - after;
        return inner.firstBoundary(b, start, end, after);
      },
    };
    const framer = new ChannelFramer(counting, 1e6, () => {});
    const emitted: number[] = [];
    for (let i = 0; i < bytes.length; i++) framer.push(bytes, (_b, s, e) => emitted.push(e - s), i, i + 1);
    framer.end((_b, s, e) => emitted.push(e - s));
    expect(emitted).toEqual([900_000]);
    expect(searched).toBeLessThan(2 * bytes.length);
  });

  it('reads shared memory', () => {
    const shared = new Uint8Array(new SharedArrayBuffer(20));
    shared.set(Buffer.from('grün\nblau\n'));
    expect(frame([shared.subarray(0, 11)], '\n').records).toEqual(['grün', 'blau']);
  });
});

describe('delimiters', () => {
  it.each([
    ['\n', false],
    ['\r\n', false],
    ['||', true],
    ['aba', true],
    ['ab', false],
  ])('%j overlaps itself: %s', (delimiter, expected) => {
    expect(overlapsItself(Buffer.from(delimiter))).toBe(expected);
  });

  it.each(['', 'x'.repeat(65)])('refuses %j', (delimiter) => {
    expect(() => framingOptions({ delimiter, maxRecordBytes: 10 })).toThrow(/must have 1 to 64 bytes/);
    try {
      framingOptions({ delimiter, maxRecordBytes: 10 });
    } catch (error) {
      expect((error as StreamjobError).code).toBe('bad-value');
    }
  });
});
