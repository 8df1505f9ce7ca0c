import { gunzipSync, gzipSync } from 'node:zlib';
import { compressLz4, decompressLz4 } from './codecs/lz4.ts';
import { compressSnappy, decompressSnappy } from './codecs/snappy.ts';
import { loadZstd } from './codecs/zstd.ts';

/** Compresses and decompresses what a record batch holds. */
export interface Codec {
  compress(bytes: Buffer): Buffer;
  decompress(bytes: Buffer): Buffer;
}

export const compressions = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;
export type Compression = (typeof compressions)[number];

const none: Codec = { compress: (bytes) => bytes, decompress: (bytes) => bytes };
const gzip: Codec = { compress: (bytes) => gzipSync(bytes), decompress: (bytes) => gunzipSync(bytes) };
const snappy: Codec = { compress: compressSnappy, decompress: decompressSnappy };
const lz4: Codec = { compress: compressLz4, decompress: decompressLz4 };
let zstd: Codec | undefined;

/** Indexed by the number that record batches have for it. A decompressor has to be loaded: `loadCodecs`. */
export function codecOf(number: number): Codec | undefined {
  return [none, gzip, snappy, lz4, zstd][number];
}

/** Has to be called once before `codecOf`: one of them is WebAssembly. */
export async function loadCodecs(): Promise<void> {
  zstd ??= await loadZstd();
}
