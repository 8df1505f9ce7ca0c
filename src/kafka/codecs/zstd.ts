import zlib from 'node:zlib';
import type { Codec } from '../codecs.ts';

/** Node has zstd of its own from 22.15 on. */
const native = zlib as Partial<Record<'zstdCompressSync' | 'zstdDecompressSync', (bytes: Uint8Array) => Buffer>>;

export async function loadZstd(): Promise<Codec> {
  const { zstdCompressSync, zstdDecompressSync } = native;
  if (zstdCompressSync && zstdDecompressSync)
    return { compress: zstdCompressSync, decompress: (bytes) => zstdDecompressSync(bytes) };
  return loadWasmZstd();
}

export async function loadWasmZstd(): Promise<Codec> {
  const { init, compress, decompress } = await import('@bokuweb/zstd-wasm');
  await init();
  return {
    compress: (bytes) => Buffer.from(compress(bytes)),
    decompress: (bytes) => growing(bytes, (room) => decompress(bytes, { defaultHeapSize: room })),
  };
}

/** Java clients do not write down how large the content is; a batch has at most some megabytes, and may compress a lot. */
const mostBytes = 512e6;

function growing(bytes: Buffer, decompress: (room: number) => Uint8Array): Buffer {
  for (let room = Math.max(256 * 1024, 8 * bytes.length); ; room *= 4) {
    try {
      return Buffer.from(decompress(room));
    } catch (error) {
      if (room > mostBytes) throw error;
    }
  }
}
