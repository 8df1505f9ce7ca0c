import { messageOf, StreamjobError } from '../../base/errors.ts';
import { codecOf, compressions } from '../codecs.ts';
import { crc32c } from './crc32c.ts';

/** A record batch of message format 2, Kafka’s since 0.11, as far as its header goes. */
export interface RecordBatch {
  readonly baseOffset: number;
  /** Also that of a record which compaction has taken away. */
  readonly lastOffset: number;
  /** The records; decompress with `recordsOf`. */
  readonly content: Buffer;
  readonly compression: number;
  /** Milliseconds since the epoch, of the first record; if `appendTime` is there, that is the time of all. */
  readonly baseTimestamp: number;
  readonly appendTime: number | undefined;
  readonly producerId: bigint;
  readonly transactional: boolean;
  /** It holds a marker of a transaction, and no data. */
  readonly control: boolean;
  readonly count: number;
}

const lengthAt = 8;
const magicAt = 16;
const checksumAt = 17;
const attributesAt = 21;
const headerBytes = 61;
/** Offset and length come before what the length counts. */
const overheadBytes = 12;

/** The offset behind the last whole batch in the bytes of a fetch, without reading more than headers. Undefined if there is none. */
export function offsetBehind(bytes: Buffer): number | undefined {
  let behind: number | undefined;
  for (let at = 0; isWhole(bytes, at); at = endOf(bytes, at))
    behind = Number(bytes.readBigInt64BE(at)) + bytes.readInt32BE(at + 23) + 1;
  return behind;
}

/** The bytes of each whole batch of a fetch; a broker may cut the last one off. */
export function* batchesIn(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; isWhole(bytes, at); at = endOf(bytes, at)) yield bytes.subarray(at, endOf(bytes, at));
}

const endOf = (bytes: Buffer, at: number): number => at + overheadBytes + bytes.readInt32BE(at + lengthAt);

const isWhole = (bytes: Buffer, at: number): boolean =>
  at + headerBytes <= bytes.length && endOf(bytes, at) <= bytes.length;

/** Throws StreamjobError `input-changed` if it is damaged; `of` names the partition. */
export function openBatch(bytes: Buffer, of: string): RecordBatch {
  const baseOffset = Number(bytes.readBigInt64BE(0));
  const magic = bytes[magicAt]!;
  if (magic !== 2) throw oldFormat(of, baseOffset, magic);
  if (bytes.readUInt32BE(checksumAt) !== crc32c(bytes, attributesAt, bytes.length)) throw damaged(of, baseOffset);
  const attributes = bytes.readInt16BE(attributesAt);
  return {
    baseOffset,
    lastOffset: baseOffset + bytes.readInt32BE(23),
    baseTimestamp: Number(bytes.readBigInt64BE(27)),
    appendTime: attributes & 0x08 ? Number(bytes.readBigInt64BE(35)) : undefined,
    producerId: bytes.readBigInt64BE(43),
    count: bytes.readInt32BE(57),
    compression: attributes & 0x07,
    transactional: (attributes & 0x10) !== 0,
    control: (attributes & 0x20) !== 0,
    content: bytes.subarray(headerBytes),
  };
}

/** The decompressed records; may be changed by who gets it. Throws StreamjobError `input-changed`. */
export function recordsOf({ compression, content, baseOffset }: RecordBatch, of: string): Buffer {
  const codec = codecOf(compression);
  if (!codec) throw damaged(of, baseOffset, `compression ${compression}, which nobody knows`);
  try {
    return codec.decompress(content);
  } catch (error) {
    throw damaged(of, baseOffset, `not ${compressions[compression]}: ${messageOf(error)}`, error);
  }
}

const damaged = (of: string, offset: number, what = 'a wrong checksum', cause?: unknown): StreamjobError =>
  new StreamjobError('input-changed', `${of}: the record batch at offset ${offset} is damaged (${what}).`, {
    cause,
    remedy: 'Look at the broker’s disk and log; if the damage stays, go on behind it with `onDataLoss: skip`.',
  });

const oldFormat = (of: string, offset: number, magic: number): StreamjobError =>
  new StreamjobError(
    'not-supported',
    `${of}: the record batch at offset ${offset} has Kafka’s message format ${magic}.`,
    {
      remedy:
        'Only format 2 can be read, which brokers have written since 0.11: let them rewrite the topic, or start behind it.',
    },
  );
