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
  const length = lz4.compressBlock(block, out, 0, block.length, hashes.fill(0));
  if (length === 0 || length >= block.length) return [littleEndian((uncompressed | block.length) >>> 0), block];
  return [littleEndian(length), out.subarray(0, length)];
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
