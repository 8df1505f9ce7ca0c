import { endianness } from 'node:os';

/**
 * CRC-32C (Castagnoli), the checksum of record batches; node:zlib has only the other CRC-32. Eight bytes a step with eight
 * tables ("slicing by 8"): about 1 GB/s, and it finds what a network card or a disk broke.
 */
const polynomial = 0x82f63b78;
const tables = makeTables();
const bigEndian = endianness() === 'BE';

function makeTables(): Int32Array {
  const made = new Int32Array(8 * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ polynomial : crc >>> 1;
    made[byte] = crc;
  }
  for (let at = 256; at < made.length; at++) made[at] = made[made[at - 256]! & 0xff]! ^ (made[at - 256]! >>> 8);
  return made;
}

/** As an unsigned number. */
export function crc32c(bytes: Uint8Array, start: number, end: number): number {
  const aligned = Math.min(end, start + (-(bytes.byteOffset + start) & 3));
  const pairs = bigEndian ? 0 : (end - aligned) >>> 3;
  const rest = aligned + 8 * pairs;
  let crc = ofBytes(-1, bytes, start, aligned);
  if (pairs > 0) crc = ofWords(crc, new Int32Array(bytes.buffer, bytes.byteOffset + aligned, 2 * pairs));
  return ~ofBytes(crc, bytes, rest, end) >>> 0;
}

function ofBytes(begin: number, bytes: Uint8Array, start: number, end: number): number {
  let crc = begin;
  for (let at = start; at < end; at++) crc = tables[(crc ^ bytes[at]!) & 0xff]! ^ (crc >>> 8);
  return crc;
}

/** Two words a step. */
function ofWords(begin: number, words: Int32Array): number {
  const t = tables;
  let crc = begin;
  for (let i = 0; i < words.length; i += 2) {
    const low = crc ^ words[i]!;
    const high = words[i + 1]!;
    crc =
      t[1792 + (low & 0xff)]! ^
      t[1536 + ((low >>> 8) & 0xff)]! ^
      t[1280 + ((low >>> 16) & 0xff)]! ^
      t[1024 + (low >>> 24)]! ^
      t[768 + (high & 0xff)]! ^
      t[512 + ((high >>> 8) & 0xff)]! ^
      t[256 + ((high >>> 16) & 0xff)]! ^
      t[high >>> 24]!;
  }
  return crc;
}
