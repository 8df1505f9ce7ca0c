import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Chunk } from './backlog.ts';

/** Chunks that are too many for the memory, in a temporary file. */
export class ChunkFile {
  readonly #directory: string;
  readonly #fd: number;
  readonly #lengths: { readonly bytes: number; readonly index: number }[] = [];

  /** Removed at once, so that a killed process leaves nothing behind; where that cannot be done, it goes in `close`. */
  constructor() {
    this.#directory = mkdtempSync(join(tmpdir(), 'streamjob-kafka-'));
    this.#fd = openSync(join(this.#directory, 'backlog'), 'wx+', 0o600);
    if (process.platform !== 'win32') rmSync(this.#directory, { recursive: true });
  }

  add({ bytes, index }: Chunk): void {
    this.#write(bytes);
    this.#write(new Uint8Array(index.buffer, index.byteOffset, index.byteLength));
    this.#lengths.push({ bytes: bytes.length, index: index.length });
  }

  #write(bytes: Uint8Array): void {
    for (let written = 0; written < bytes.length; ) written += writeSync(this.#fd, bytes, written);
  }

  *chunks(): Generator<Chunk> {
    let position = 0;
    for (const lengths of this.#lengths) {
      const bytes = Buffer.allocUnsafe(lengths.bytes);
      const index = new Int32Array(lengths.index);
      position = this.#read(bytes, position);
      position = this.#read(new Uint8Array(index.buffer), position);
      yield { bytes, index };
    }
  }

  /** Fills the bytes; returns the position behind them. */
  #read(bytes: Uint8Array, position: number): number {
    for (let read = 0; read < bytes.length; ) {
      const count = readSync(this.#fd, bytes, read, bytes.length - read, position + read);
      if (count === 0) throw new Error('the temporary file of a Kafka sink is shorter than it was');
      read += count;
    }
    return position + bytes.length;
  }

  close(): void {
    closeSync(this.#fd);
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
