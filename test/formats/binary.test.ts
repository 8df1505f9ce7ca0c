import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { framingOptions } from '#src/component/delimited.ts';
import type { OnBadRecord } from '#src/component/format.ts';
import { ChannelFramer } from '#src/component/framing.ts';
import binary from '#src/formats/binary.ts';

const source = framingOptions({ delimiter: '\n', maxRecordBytes: 100 });

function frame(pieces: readonly Uint8Array[], recordLength: number) {
  const records: unknown[] = [];
  const bad: unknown[] = [];
  const onBad: OnBadRecord = (record) => bad.push(record);
  const decoder = binary.decoder({ recordLength }, source);
  const framer = new ChannelFramer(binary.framer({ recordLength }, source), 100, onBad);
  const emit = (bytes: Uint8Array, start: number, end: number): void => {
    records.push(...decoder(bytes, start, end, onBad));
  };
  for (const piece of pieces) framer.push(piece, emit);
  framer.end(emit);
  return { records, bad };
}

describe('binary', () => {
  it('gives records of the length, however the bytes are cut, and what is left as a bad one', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 20 })), fc.integer({ min: 1, max: 9 }), (pieces, length) => {
        const whole = Buffer.concat(pieces);
        const { records, bad } = frame(pieces, length);
        const rest = whole.length % length;
        expect(records.every((record) => (record as Uint8Array).length === length)).toBe(true);
        expect(Buffer.concat(records as Uint8Array[]).equals(whole.subarray(0, whole.length - rest))).toBe(true);
        expect(bad).toEqual(rest === 0 ? [] : [new Uint8Array(whole.subarray(whole.length - rest))]);
      }),
      { numRuns: 200 },
    );
  });

  it('gives records that are not the memory they were read from', () => {
    const bytes = Buffer.of(1, 2, 3, 4);
    const { records } = frame([bytes], 2);
    bytes.fill(0);
    expect(records).toEqual([Uint8Array.of(1, 2), Uint8Array.of(3, 4)]);
  });

  it('refuses records longer than maxRecordBytes', () => {
    expect(() => binary.framer({ recordLength: 101 }, source)).toThrow(/longer than maxRecordBytes/);
  });
});
