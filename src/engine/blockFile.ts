import { closeSync, openSync, readSync } from 'node:fs';
import { type FileHandle, mkdir, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { sealLine } from '../base/checksum.ts';
import { messageOf, StreamjobError } from '../base/errors.ts';
import { failpoint } from '../base/failpoint.ts';
import { syncDirectory } from '../base/sync.ts';
import type { Split } from '../component/source.ts';

/** Where a block of received data lies: `data` bytes of whole records, then `bad` bytes that tell of what was no record. */
export type StoredBlock = {
  /** Below the directory for blocks: `tweets/7`. */
  readonly file: string;
  readonly offset: number;
  readonly data: number;
  readonly bad: number;
  readonly crc: number;
};

/** Whether a split of a batch is a stored block, and not something that a source lists. */
export const isStored = (split: Split): split is StoredBlock =>
  typeof split.file === 'string' && typeof split.crc === 'number';

/** The line in front of a block: all of StoredBlock that cannot be seen from where it lies. */
export type BlockHeader = Pick<StoredBlock, 'data' | 'bad' | 'crc'>;

export interface BlockContent {
  readonly data: readonly Uint8Array[];
  readonly bad: Uint8Array;
}

/** A file that is larger takes no more blocks: it is removed as a whole when all of its blocks are done. */
const fullAt = 16e6;

/** The directory of a source's blocks; a name in a job may hold characters that a file name may not. */
export const blockFolder = (source: string): string => encodeURIComponent(source).replace(/^\./, '%2E');

/** Numbers of the files with blocks, in the order in which they were written. */
export async function blockFiles(directory: string): Promise<number[]> {
  const names = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  return names
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .sort((a, b) => a - b);
}

/**
 * Keeps the blocks of one source in files 1, 2, 3…, one after the other. Each block is a sealed line of JSON (its header), its bytes, and a
 * line end. One call at a time.
 */
export class BlockWriter {
  readonly #root: string;
  readonly #folder: string;
  #file: FileHandle | undefined;
  #number: number;
  #length = 0;

  private constructor(root: string, folder: string, number: number) {
    this.#root = root;
    this.#folder = folder;
    this.#number = number;
  }

  /** A run never goes on in a file of an earlier one. */
  static async open(root: string, source: string): Promise<BlockWriter> {
    const folder = blockFolder(source);
    const directory = join(root, folder);
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await syncDirectory(root);
    return new BlockWriter(root, folder, (await blockFiles(directory)).at(-1) ?? 0);
  }

  /** Resolves when the blocks are safe. What is given must not change before. */
  async append(blocks: readonly BlockContent[]): Promise<StoredBlock[]> {
    const isNew = !this.#file;
    const file = (this.#file ??= await this.#next());
    const pieces: Uint8Array[] = [];
    const stored = blocks.map((block) => this.#place(block, pieces));
    failpoint('block.write');
    await writeAll(file, pieces);
    failpoint('block.sync');
    await file.datasync();
    if (isNew) await syncDirectory(join(this.#root, this.#folder));
    failpoint('block.synced');
    if (this.#length >= fullAt) await this.close();
    return stored;
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }

  /** A process that had been suspended and has lost the directory may have made a file meanwhile. */
  async #next(): Promise<FileHandle> {
    this.#length = 0;
    for (;;) {
      try {
        return await open(join(this.#root, this.#folder, String(++this.#number)), 'wx', 0o600);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
    }
  }

  #place({ data, bad }: BlockContent, pieces: Uint8Array[]): StoredBlock {
    const header: BlockHeader = { data: lengthOf(data), bad: bad.length, crc: checksumOf([...data, bad]) };
    const line = Buffer.from(sealLine(JSON.stringify(header)));
    const offset = this.#length + line.length;
    pieces.push(line, ...data, bad, lineEnd);
    this.#length = offset + header.data + header.bad + 1;
    return { file: `${this.#folder}/${this.#number}`, offset, ...header };
  }
}

const lineEnd = Buffer.from('\n');

const lengthOf = (pieces: readonly Uint8Array[]): number => pieces.reduce((sum, { length }) => sum + length, 0);

export const checksumOf = (pieces: readonly Uint8Array[]): number =>
  pieces.reduce((checksum, piece) => crc32(piece, checksum), 0);

/** The system takes only so many pieces at once. */
const piecesAtOnce = 512;

async function writeAll(file: FileHandle, pieces: readonly Uint8Array[]): Promise<void> {
  for (let i = 0; i < pieces.length; i += piecesAtOnce) {
    const some = pieces.slice(i, i + piecesAtOnce);
    const { bytesWritten } = await file.writev(some);
    if (bytesWritten < lengthOf(some)) await file.writeFile(Buffer.concat(some).subarray(bytesWritten));
    failpoint('block.written');
  }
}

/** Reads a block back. Throws StreamjobError `checkpoint-damaged` if it is not what was written. */
export function readBlock(
  root: string,
  { file, offset, data, bad, crc }: StoredBlock,
): { data: Uint8Array; bad: Uint8Array } {
  const path = join(root, file);
  const bytes = readAt(path, offset, data + bad);
  if (bytes.length < data + bad || crc32(bytes) !== crc) throw damagedBlock(path, `the block at byte ${offset}`);
  return { data: bytes.subarray(0, data), bad: bytes.subarray(data) };
}

function readAt(path: string, offset: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  try {
    const file = openSync(path, 'r');
    try {
      let at = 0;
      for (let read = 1; read > 0 && at < length; at += read)
        read = readSync(file, bytes, at, length - at, offset + at);
      return bytes.subarray(0, at);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw damagedBlock(path, `the block at byte ${offset} (${messageOf(error)})`, error);
  }
}

export const damagedBlock = (path: string, what: string, cause?: unknown): StreamjobError =>
  new StreamjobError('checkpoint-damaged', `${path} is damaged: ${what} is not what was written.`, {
    cause,
    remedy: 'Bring the file back from a backup, or leave the batch out with `streamjob checkpoint skip`.',
  });
