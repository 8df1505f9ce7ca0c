import type { TopicPartition } from '../client.ts';
import { type Compression, codecOf, compressions } from '../codecs.ts';
import { crc32c } from './crc32c.ts';
import { sizeOfVarint, writeVarint } from './encode.ts';

/** A record batch to be sent, whole but for what its producer knows. */
export interface OutgoingBatch extends TopicPartition {
  readonly count: number;
  /** The producer completes the header. */
  readonly bytes: Buffer;
  /** Set by the producer: the brokers have it. */
  taken: boolean;
}

export const headerBytes = 61;
/** Offset and length come before what the length counts. */
const overheadBytes = 12;
const magic = 2;
const checksumAt = 17;
const attributesAt = 21;
const transactionalBit = 0x10;
const noLeaderEpoch = -1;

/** What a record needs at most beside its contents: its length, attributes, the distance in time, which is none, and in offsets. */
export const placeBytes = 12;

/** Fills a record batch of message format 2 with contents as ContentWriter writes them; all get the present time. */
export class BatchWriter {
  readonly #bytes: Buffer;
  #at = headerBytes;
  #count = 0;

  /** `room`: for the contents, and `placeBytes` for each. */
  constructor(room: number) {
    this.#bytes = Buffer.allocUnsafe(headerBytes + room);
  }

  add(contents: Buffer, from: number, until: number): void {
    const bytes = this.#bytes;
    let at = writeVarint(bytes, this.#at, 2 + sizeOfVarint(this.#count) + until - from);
    bytes[at++] = 0;
    bytes[at++] = 0;
    at = writeVarint(bytes, at, this.#count++);
    contents.copy(bytes, at, from, until);
    this.#at = at + until - from;
  }

  /** Whole but for what `stamp` writes. */
  finish({ topic, partition }: TopicPartition, compression: Compression): OutgoingBatch {
    const codec = compressions.indexOf(compression);
    const bytes = codec === 0 ? this.#bytes.subarray(0, this.#at) : this.#compressed(codec);
    const now = BigInt(Date.now());
    bytes.writeBigInt64BE(0n, 0);
    bytes.writeInt32BE(bytes.length - overheadBytes, 8);
    bytes.writeInt32BE(noLeaderEpoch, 12);
    bytes[16] = magic;
    bytes.writeInt16BE(codec, attributesAt);
    bytes.writeInt32BE(this.#count - 1, 23);
    bytes.writeBigInt64BE(now, 27);
    bytes.writeBigInt64BE(now, 35);
    bytes.writeInt32BE(this.#count, 57);
    return { topic, partition, count: this.#count, bytes, taken: false };
  }

  #compressed(codec: number): Buffer {
    const records = codecOf(codec)!.compress(this.#bytes.subarray(headerBytes, this.#at));
    return Buffer.concat([this.#bytes.subarray(0, headerBytes), records]);
  }
}

/** By whom a batch is sent, and as which of its partition. */
export interface Stamp {
  readonly producerId: bigint;
  readonly producerEpoch: number;
  readonly sequence: number;
  readonly transactional: boolean;
}

/** Completes the header; may be done anew for another producer. */
export function stamp({ bytes }: OutgoingBatch, { producerId, producerEpoch, sequence, transactional }: Stamp): void {
  const attributes = bytes.readInt16BE(attributesAt) & ~transactionalBit;
  bytes.writeInt16BE(transactional ? attributes | transactionalBit : attributes, attributesAt);
  bytes.writeBigInt64BE(producerId, 43);
  bytes.writeInt16BE(producerEpoch, 51);
  bytes.writeInt32BE(sequence, 53);
  bytes.writeUInt32BE(crc32c(bytes, attributesAt, bytes.length), checksumAt);
}
