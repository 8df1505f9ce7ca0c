/// <reference path="./untyped.d.ts" />
import lz4 from 'lz4js';
import xxhash from 'lz4js/xxh32.js';

const magic = Buffer.from([0x04, 0x22, 0x4d, 0x18]);
/** Version 1, independent blocks: Java clients refuse others, and lz4js’s own frames are such. */
const flags = 0x60;
/** Blocks of at most 64 KB. */
const blockDescriptor = 0x40;
const blockBytes = 64 * 1024;
const uncompressed = 0x80_00_00_00;
const hashes = new Uint32Array(65_536);
/** The last match has to begin twelve bytes before the end of a block, or other decompressors refuse it; lz4js keeps away by nine. */
const heldBack = 3;
const shortestMatch = 4;
/** A length of so much goes on in the bytes that follow. */
const inFollowing = 15;

/** Writes the LZ4 frame format with independent blocks. */
export function compressLz4(bytes: Buffer): Buffer {
  const descriptor = Buffer.from([flags, blockDescriptor]);
  const checksum = (xxhash.hash(0, descriptor, 0, descriptor.length) >>> 8) & 0xff;
  const parts: Uint8Array[] = [magic, descriptor, Buffer.of(checksum)];
  for (let at = 0; at < bytes.length; at += blockBytes)
    parts.push(...compressBlock(bytes.subarray(at, at + blockBytes)));
  return Buffer.concat([...parts, littleEndian(0)]);
}

/** A block that does not become smaller stays as it is. */
function compressBlock(block: Buffer): [Buffer, Uint8Array] {
  const out = Buffer.allocUnsafe(lz4.compressBound(block.length));
  const begun = lz4.compressBlock(block, out, 0, block.length - heldBack, hashes.fill(0));
  const length = begun === 0 ? 0 : endAnew(out, begun, block);
  if (length === 0 || length >= block.length) return [littleEndian((uncompressed | block.length) >>> 0), block];
  return [littleEndian(length), out.subarray(0, length)];
}

/** Writes what comes behind the last match anew, up to the end of the block; returns where that ends. */
function endAnew(out: Buffer, length: number, block: Buffer): number {
  let position = 0;
  for (let from = 0; ; ) {
    const token = out[from]!;
    const literals = readLength(out, from + 1, token >> 4);
    const offset = literals.end + literals.length;
    if (offset >= length) return writeLiterals(out, from, block.subarray(position));
    const match = readLength(out, offset + 2, token & inFollowing);
    position += literals.length + shortestMatch + match.length;
    from = match.end;
  }
}

function readLength(out: Buffer, from: number, begun: number): { length: number; end: number } {
  let length = begun;
  let end = from;
  if (begun < inFollowing) return { length, end };
  do length += out[end]!;
  while (out[end++] === 0xff);
  return { length, end };
}

function writeLiterals(out: Buffer, from: number, literals: Buffer): number {
  let at = from;
  out[at++] = Math.min(literals.length, inFollowing) << 4;
  if (literals.length >= inFollowing) {
    let rest = literals.length - inFollowing;
    for (; rest >= 0xff; rest -= 0xff) out[at++] = 0xff;
    out[at++] = rest;
  }
  return at + literals.copy(out, at);
}

function littleEndian(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

export function decompressLz4(bytes: Buffer): Buffer {
  const { buffer, byteOffset, length } = lz4.decompress(bytes);
  return Buffer.from(buffer, byteOffset, length);
}
