import { createRequire } from 'node:module';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import text from '#src/formats/text.ts';
import { compressions } from '#src/kafka/codecs.ts';
import { batchesIn, offsetBehind, openBatch, recordsOf } from '#src/kafka/records/batch.ts';
import { Cursor } from '#src/kafka/records/cursor.ts';
import { ContentWriter, type Headers } from '#src/kafka/records/encode.ts';
import { keyHash } from '#src/kafka/records/murmur2.ts';
import { BatchWriter, placeBytes, stamp } from '#src/kafka/records/outgoing.ts';
import { Committed } from '#src/kafka/records/transactions.ts';
import { share } from '#src/sources/kafka/cutting.ts';
import { decodeMessages, decodeValues } from '#src/sources/kafka/decoding.ts';
import { openValueFormat } from '#src/sources/kafka/messages.ts';
import { registerCodecs } from '../services/kafka/kafka.ts';

interface Encoder {
  readonly buffer: Buffer;
}
const require = createRequire(import.meta.url);
const { RecordBatch } = require('kafkajs/src/protocol/recordBatch/v0') as {
  RecordBatch(options: object): Promise<Encoder>;
};
const record = require('kafkajs/src/protocol/recordBatch/record/v0') as (options: object) => Encoder;
const murmur2 = require('kafkajs/src/producer/partitioners/default/murmur2') as (key: Buffer) => number;

beforeAll(registerCodecs);

interface Sent {
  readonly key: string | null;
  readonly value: string | null;
  readonly headers: Record<string, string>;
  readonly timestamp: number;
}

/** A batch as kafkajs encodes it. */
async function encode(messages: readonly Sent[], compression: number): Promise<Buffer> {
  const firstTimestamp = messages[0]!.timestamp;
  const records = messages.map(({ timestamp, ...message }, offsetDelta) =>
    record({ offsetDelta, timestampDelta: timestamp - firstTimestamp, ...message }),
  );
  const options = { compression, firstOffset: 0, firstTimestamp, maxTimestamp: firstTimestamp, records };
  const { buffer } = await RecordBatch({ ...options, lastOffsetDelta: records.length - 1 });
  return buffer;
}

const message = fc.record({
  key: fc.option(fc.string({ unit: 'binary', maxLength: 8 })),
  value: fc.option(fc.string({ unit: 'binary', maxLength: 200 })),
  headers: fc.dictionary(fc.string({ maxLength: 5 }), fc.string({ maxLength: 5 }), { maxKeys: 3 }),
  timestamp: fc.integer({ min: 0, max: 4e12 }),
});

describe('a record batch', () => {
  it('is decoded as it was encoded, with every codec', async () => {
    const format = await openValueFormat({ name: 'binary', config: {} }, () => Promise.reject(new Error('none')));
    const check = async (sent: Sent[], compression: number): Promise<void> => {
      const batch = openBatch(await encode(sent, compression), 't[0]');
      const records: unknown[] = [];
      const out = { records: (list: readonly unknown[]) => void records.push(...list), bad: () => {} };
      const range = { topic: 't', partition: 0, from: 0, until: sent.length };
      decodeMessages({ batch, bytes: recordsOf(batch, 't[0]'), range, format, out });
      const bytes = (text: string | null) => text && new Uint8Array(Buffer.from(text));
      const wanted = sent.map(({ key, value, headers, timestamp }, offset) => ({
        key: key === '' ? new Uint8Array(0) : bytes(key),
        value: value === '' ? new Uint8Array(0) : bytes(value),
        ...{ headers, topic: 't', partition: 0, offset, timestamp },
      }));
      expect(records).toEqual(wanted);
    };
    const codec = fc.integer({ min: 0, max: compressions.length - 1 });
    const property = fc.asyncProperty(fc.array(message, { minLength: 1, maxLength: 20 }), codec, check);
    await fc.assert(property, { numRuns: 100 });
  });

  it('gives its values as texts, whatever is in them', async () => {
    const format = await openValueFormat({ name: 'text', config: {} }, async () => text);
    const check = async (values: (string | null)[], timestamps: number[]): Promise<void> => {
      const sent = values.map((value, i) => ({ key: null, value, headers: {}, timestamp: timestamps[i % 5]! }));
      const batch = openBatch(await encode(sent, 0), 't[0]');
      const records: unknown[] = [];
      const out = { records: (list: readonly unknown[]) => void records.push(...list), bad: () => {} };
      const range = { topic: 't', partition: 0, from: 0, until: sent.length };
      decodeValues({ batch, bytes: recordsOf(batch, 't[0]'), range, format, out });
      expect(records).toEqual(values);
    };
    const unit = fc.constantFrom('a', 'b', 'c', 'long enough '.repeat(5), 'é', '\r', '\n');
    const values = fc.array(fc.option(fc.string({ unit, maxLength: 12 }), { freq: 8 }), {
      minLength: 1,
      maxLength: 30,
    });
    const timestamps = fc.array(fc.integer({ min: 0, max: 4e12 }), { minLength: 5, maxLength: 5 });
    await fc.assert(fc.asyncProperty(values, timestamps, check), { numRuns: 200 });
  });

  it('may be cut off by the broker, and is refused if it is damaged', async () => {
    const whole = await encode([{ key: null, value: 'abc', headers: {}, timestamp: 1 }], 0);
    const two = Buffer.concat([whole, whole]);
    expect([...batchesIn(two)]).toHaveLength(2);
    expect([...batchesIn(two.subarray(0, -1))]).toHaveLength(1);
    expect(offsetBehind(two)).toBe(1);
    expect(offsetBehind(whole.subarray(0, -1))).toBeUndefined();
    for (let at = 17; at < whole.length; at++) {
      const damaged = Buffer.from(whole);
      damaged[at]! ^= 4;
      expect(() => openBatch(damaged, 't[0]')).toThrow(
        't[0]: the record batch at offset 0 is damaged (a wrong checksum).',
      );
    }
    const old = Buffer.from(whole);
    old[16] = 1;
    expect(() => openBatch(old, 't[0]')).toThrow('has Kafka’s message format 1');
  });
});

const content = fc.oneof(fc.string({ unit: 'binary' }), fc.uint8Array({ maxLength: 300 }).map(Buffer.from));
/** Kinds of texts: short, long enough for a longer length, and with more bytes than characters. */
const text8 = fc.oneof(content, fc.string({ unit: 'grapheme', maxLength: 90 }), fc.constant('x'.repeat(10_000)));
const outgoing = fc.record({
  key: fc.option(content),
  value: fc.option(text8),
  headers: fc.dictionary(fc.string(), fc.oneof(content, fc.array(content, { maxLength: 3 })), { maxKeys: 3 }),
});

/** As the sink makes batches. */
function encodeOurs(
  messages: readonly { key: Buffer | string | null; value: Buffer | string | null; headers: Headers }[],
) {
  const contents = new ContentWriter();
  const ends = messages.map(({ key, value, headers }) => {
    contents.reserve(ContentWriter.roomFor(key, value, headers));
    contents.content(key);
    contents.content(value);
    contents.headers(headers);
    return contents.length;
  });
  const batch = new BatchWriter(contents.length + placeBytes * messages.length);
  for (const [i, end] of ends.entries()) batch.add(contents.bytes, ends[i - 1] ?? 0, end);
  return batch;
}

describe('a batch that is sent', () => {
  it('is encoded as kafkajs does', async () => {
    const check = async (messages: Parameters<typeof encodeOurs>[0], transactional: boolean): Promise<void> => {
      const ours = encodeOurs(messages).finish({ topic: 't', partition: 0 }, 'none');
      stamp(ours, { producerId: 3n, producerEpoch: 2, sequence: 7, transactional: !transactional });
      stamp(ours, { producerId: 123_456_789_012n, producerEpoch: 4, sequence: 99, transactional });
      const firstTimestamp = Number(openBatch(ours.bytes, 't[0]').baseTimestamp);
      const records = messages.map((one, offsetDelta) => record({ offsetDelta, timestampDelta: 0, ...one }));
      const { buffer } = await RecordBatch({
        ...{
          firstTimestamp,
          maxTimestamp: firstTimestamp,
          records,
          lastOffsetDelta: records.length - 1,
          transactional,
        },
        ...{ producerId: 123_456_789_012, producerEpoch: 4, firstSequence: 99, partitionLeaderEpoch: -1 },
      });
      expect(ours.bytes.equals(buffer)).toBe(true);
    };
    const messages = fc.array(outgoing, { minLength: 1, maxLength: 80 });
    await fc.assert(fc.asyncProperty(messages, fc.boolean(), check), { numRuns: 100 });
  });

  it.each(compressions)('may be compressed with %s', (compression) => {
    const { bytes } = encodeOurs([{ key: null, value: 'x'.repeat(1000), headers: {} }]).finish(
      { topic: 't', partition: 0 },
      compression,
    );
    stamp({ bytes } as never, { producerId: 1n, producerEpoch: 0, sequence: 0, transactional: false });
    const batch = openBatch(bytes, 't[0]');
    expect(batch).toMatchObject({ compression: compressions.indexOf(compression), count: 1, lastOffset: 0 });
    expect(recordsOf(batch, 't[0]').includes('x'.repeat(1000))).toBe(true);
  });
});

describe('the partition of a key', () => {
  it('is that of Kafka’s clients', () => {
    const same = (key: Uint8Array, before: number): boolean => {
      const bytes = Buffer.concat([Buffer.alloc(before, 9), key, Buffer.of(9)]);
      return keyHash(bytes, before, before + key.length) === (murmur2(Buffer.from(key)) & 0x7fffffff);
    };
    fc.assert(fc.property(fc.uint8Array({ maxLength: 40 }), fc.nat(5), same), { numRuns: 300 });
    // From the tests of Kafka itself (UtilsTest.testMurmur2).
    expect(keyHash(Buffer.from('a-little-bit-long-string'), 0, 24)).toBe(-985981536 & 0x7fffffff);
  });
});

describe('the numbers in records', () => {
  it('are zigzag, seven bits a byte', () => {
    const zigzag = (value: bigint): Buffer => {
      const bytes: number[] = [];
      let rest = value >= 0n ? 2n * value : -2n * value - 1n;
      for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
      return Buffer.from([...bytes, Number(rest)]);
    };
    const int = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
    fc.assert(fc.property(int, (value) => new Cursor(zigzag(BigInt(value))).varint() === value));
    const long = fc.integer({ min: -(2 ** 51), max: 2 ** 51 });
    fc.assert(fc.property(long, (value) => new Cursor(zigzag(BigInt(value))).varlong() === value));
  });
});

describe('transactions', () => {
  it('are left out from their first offset to their marker if they were aborted', () => {
    const batch = (producerId: bigint, offset: number, more: object = {}) => ({
      ...{
        producerId,
        baseOffset: offset,
        lastOffset: offset,
        transactional: true,
        control: false,
        content: Buffer.alloc(0),
      },
      ...{ compression: 0, baseTimestamp: 0, appendTime: undefined, count: 1 },
      ...more,
    });
    const committed = new Committed([
      { producerId: 1n, firstOffset: 5 },
      { producerId: 1n, firstOffset: 1 },
    ]);
    const marker = { control: true };
    const asked = [batch(1n, 0), batch(1n, 1), batch(2n, 2), batch(1n, 3, marker), batch(1n, 4), batch(1n, 5)];
    expect(asked.map((one) => committed.holdsData(one))).toEqual([true, false, true, false, true, false]);
    expect(committed.holdsData(batch(1n, 6, { transactional: false }))).toBe(true);
  });
});

describe('the share of a batch', () => {
  it('is never more than there is, and about what may be', () => {
    const backlog = fc.array(fc.integer({ min: 1, max: 10_000 }), { minLength: 1, maxLength: 50 });
    const limits = fc.integer({ min: 1, max: 100_000 });
    fc.assert(
      fc.property(backlog, limits, limits, (lengths, most, mostEach) => {
        const ranges = lengths.map((length, partition) => ({ topic: 't', partition, from: 3, until: 3 + length }));
        const taken = share(ranges, most, mostEach).map(({ from, until }) => until - from);
        expect(taken.every((length, i) => length >= 1 && length <= Math.min(lengths[i]!, mostEach))).toBe(true);
        expect(taken.reduce((sum, length) => sum + length, 0)).toBeLessThanOrEqual(Math.max(most, 0) + lengths.length);
      }),
    );
  });
});
