/// <reference path="./untyped.d.ts" />
import snappy from 'snappyjs';

/** What Java clients put before snappy, which has no frames of its own: the Xerial framing. */
const xerialMagic = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0]);
/** The magic, a version and the version that it is compatible with. */
const xerialHeaderBytes = 16;
const blockBytes = 32 * 1024;

export function compressSnappy(bytes: Buffer): Buffer {
  const parts: Buffer[] = [xerialMagic, bigEndian(1), bigEndian(1)];
  for (let at = 0; at < bytes.length; at += blockBytes) {
    const block = Buffer.from(snappy.compress(bytes.subarray(at, at + blockBytes)));
    parts.push(bigEndian(block.length), block);
  }
  return Buffer.concat(parts);
}

function bigEndian(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

/** With the framing or, as librdkafka writes it, without. */
export function decompressSnappy(bytes: Buffer): Buffer {
  if (!bytes.subarray(0, xerialMagic.length).equals(xerialMagic)) return Buffer.from(snappy.uncompress(bytes));
  const parts: Uint8Array[] = [];
  for (let at = xerialHeaderBytes; at < bytes.length; ) {
    const length = bytes.readInt32BE(at);
    at += 4;
    parts.push(snappy.uncompress(bytes.subarray(at, at + length)));
    at += length;
  }
  return parts.length === 1 ? Buffer.from(parts[0]!) : Buffer.concat(parts);
}
