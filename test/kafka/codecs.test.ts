import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { decompressSnappy } from '#src/kafka/codecs/snappy.ts';
import { loadWasmZstd } from '#src/kafka/codecs/zstd.ts';
import { codecOf, compressions, loadCodecs } from '#src/kafka/codecs.ts';
import { crc32c } from '#src/kafka/records/crc32c.ts';

beforeAll(loadCodecs);

const samples = {
  nothing: Buffer.alloc(0),
  'one byte': Buffer.of(7),
  text: Buffer.from('the quick brown fox jumps over the lazy dog. '.repeat(50)),
  zeros: Buffer.alloc(3_000_000),
  noise: randomBytes(200_000),
  'just a block': Buffer.alloc(65_536, 'ab'),
  'some blocks': Buffer.concat([Buffer.alloc(100_000, 'abc'), randomBytes(100_000), Buffer.alloc(100_000, 'xyz')]),
};

describe.each(compressions.map((name, number) => [name, number] as const))('%s', (_name, number) => {
  it.each(Object.entries(samples))('gives back %s', (_what, bytes) => {
    const codec = codecOf(number)!;
    expect(codec.decompress(codec.compress(bytes)).equals(bytes)).toBe(true);
  });

  it('gives back whatever it is given', () => {
    const codec = codecOf(number)!;
    const pieces = fc.array(fc.tuple(fc.uint8Array({ maxLength: 50 }), fc.integer({ min: 1, max: 400 })), {
      maxLength: 8,
    });
    const check = (list: [Uint8Array, number][]): boolean => {
      const bytes = Buffer.concat(list.flatMap(([piece, times]) => Array.from({ length: times }, () => piece)));
      return codec.decompress(codec.compress(bytes)).equals(bytes);
    };
    fc.assert(fc.property(pieces, check), { numRuns: 100 });
  });
});

describe('lz4', () => {
  /** Where the last match of a block begins. Everything in it is as long as it says. */
  function lastMatch(block: Buffer): { begin: number; end: number; length: number } {
    let at = 0;
    let length = 0;
    let match = { begin: 0, end: 0 };
    const lengthFrom = (begun: number): number => {
      let sum = begun;
      if (begun === 15) for (let byte = 255; byte === 255; sum += byte) byte = block[at++]!;
      return sum;
    };
    while (at < block.length) {
      const token = block[at++]!;
      const literals = lengthFrom(token >> 4);
      at += literals;
      length += literals;
      if (at === block.length) break;
      at += 2;
      match = { begin: length, end: length + lengthFrom(token & 15) + 4 };
      length = match.end;
    }
    return { ...match, length };
  }

  /** The blocks of a frame that are compressed. */
  function blocksOf(frame: Buffer): Buffer[] {
    const blocks: Buffer[] = [];
    for (let at = 7; frame.readUInt32LE(at) > 0; ) {
      const head = frame.readUInt32LE(at);
      const end = at + 4 + (head % 0x8000_0000);
      if (head < 0x8000_0000) blocks.push(frame.subarray(at + 4, end));
      at = end;
    }
    return blocks;
  }

  const isTakenByJava = (frame: Buffer): boolean =>
    blocksOf(frame)
      .map(lastMatch)
      .every(({ begin, end, length }) => begin + 12 <= length && end + 5 <= length);

  it('has no match where blocks end, which Java and C refuse', () => {
    const line = Buffer.from('a line that comes again later');
    const ends = Array.from({ length: 20 }, (_, n) => Buffer.concat([Buffer.alloc(200), line, line.subarray(0, n)]));
    for (const bytes of ends) {
      const frame = codecOf(3)!.compress(bytes);
      expect(blocksOf(frame)).toHaveLength(1);
      expect([bytes.length, isTakenByJava(frame)]).toEqual([bytes.length, true]);
      expect(codecOf(3)!.decompress(frame).equals(bytes)).toBe(true);
    }
  });

  it('is as others take it, whatever it is given', () => {
    const pieces = fc.array(fc.constantFrom('a', 'bc', 'def', 'the end of it', 'x'.repeat(300)), { maxLength: 60 });
    const check = (list: string[]): boolean => {
      const bytes = Buffer.from(list.join(''));
      const frame = codecOf(3)!.compress(bytes);
      return isTakenByJava(frame) && codecOf(3)!.decompress(frame).equals(bytes);
    };
    fc.assert(fc.property(pieces, check), { numRuns: 300 });
  });
});

describe('what others write', () => {
  it('is snappy without the framing of Java', () => {
    expect(decompressSnappy(Buffer.from([5, 4 << 2, ...Buffer.from('hello')])).toString()).toBe('hello');
  });

  it('is lz4 in blocks of up to 4 MB, dependent on each other, with a checksum of the content', () => {
    const frame = Buffer.from('04224d186470b90500000068656c6c6f00000000', 'hex');
    frame.writeUInt32LE(0x80000005, 7);
    expect(
      codecOf(3)!
        .decompress(Buffer.concat([frame, Buffer.alloc(4)]))
        .toString(),
    ).toBe('hello');
  });

  it('is zstd that does not say how large it is, much larger than it looks', async () => {
    const wasm = await loadWasmZstd();
    // Eight megabytes of zeros in a frame without a content size, as Java streams it: header, and blocks of one repeated byte.
    const block = Buffer.alloc(4);
    block.writeUIntLE((131_072 << 3) | 2, 0, 3);
    const last = Buffer.from(block);
    last.writeUIntLE((131_072 << 3) | 3, 0, 3);
    const frame = Buffer.concat([Buffer.from('28b52ffd0058', 'hex'), ...Array<Buffer>(63).fill(block), last]);
    expect(wasm.decompress(frame).equals(Buffer.alloc(8_388_608))).toBe(true);
  });
});

describe('crc32c', () => {
  it('is the Castagnoli checksum, of any part', () => {
    expect(crc32c(Buffer.from('123456789'), 0, 9)).toBe(0xe3069283);
    expect(crc32c(Buffer.from('xx123456789yy'), 2, 11)).toBe(0xe3069283);
    expect(crc32c(Buffer.alloc(32), 0, 32)).toBe(0x8a9136aa);
    expect(crc32c(Buffer.alloc(0), 0, 0)).toBe(0);
  });

  it('does not depend on where the bytes lie', () => {
    const noise = randomBytes(100);
    for (let length = 0; length < 40; length++) {
      const checksums = Array.from({ length: 9 }, (_, at) => {
        const bytes = new Uint8Array(new ArrayBuffer(100), at, 60);
        bytes.set(noise.subarray(0, length), 7);
        return crc32c(bytes, 7, 7 + length);
      });
      expect(new Set(checksums)).toEqual(new Set([crc32cByBits(noise.subarray(0, length))]));
    }
  });
});

function crc32cByBits(bytes: Buffer): number {
  let crc = -1;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return ~crc >>> 0;
}
