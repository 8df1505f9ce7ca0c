import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { hasHole, openLine } from '../base/checksum.ts';
import {
  type BlockHeader,
  blockFiles,
  blockFolder,
  checksumOf,
  damagedBlock,
  type StoredBlock,
} from '../engine/blockFile.ts';
import type { Disk } from './disk.ts';
import type { Position } from './state.ts';

/** The files of a source's received blocks, as a restart finds them, and as they go. */
export class BlockFolder {
  readonly #root: string;
  readonly #folder: string;
  readonly #disk: Disk;
  #files: number[] = [];

  constructor(root: string, source: string, disk: Disk) {
    this.#root = root;
    this.#folder = blockFolder(source);
    this.#disk = disk;
  }

  /**
   * The blocks behind a position, in the order in which they came. Throws StreamjobError `checkpoint-damaged`. What was not written
   * whole at the end of a file is left out.
   */
  async after(taken: Position | undefined): Promise<StoredBlock[]> {
    const first = taken?.file ?? 0;
    this.#files = await blockFiles(join(this.#root, this.#folder));
    const blocks: StoredBlock[] = [];
    for (const number of this.#files) {
      if (number < first) continue;
      for (const block of await this.#blocksIn(number))
        if (number > first || block.offset > taken!.offset) blocks.push(block);
    }
    return blocks;
  }

  /** Removes the files in front of one. `check` throws if this process has no longer the right to: its successor may read them. */
  async removeBefore(needed: number, check: () => void): Promise<void> {
    if (needed <= 1) return;
    const directory = join(this.#root, this.#folder);
    if ((this.#files[0] ?? 0) < needed) this.#files = await blockFiles(directory);
    const gone = this.#files.filter((number) => number < needed);
    if (gone.length > 0) check();
    for (const number of gone) await this.#disk.remove(join(directory, String(number)));
    this.#files = this.#files.filter((number) => number >= needed);
  }

  async #blocksIn(number: number): Promise<StoredBlock[]> {
    const name = `${this.#folder}/${number}`;
    const path = join(this.#root, name);
    const file = await open(path, 'r');
    try {
      const { size } = await file.stat();
      return await readBlocks({ file, path, name, size });
    } finally {
      await file.close();
    }
  }
}

interface Reading {
  readonly file: FileHandle;
  readonly path: string;
  readonly name: string;
  readonly size: number;
}

/** Only headers are read, and the last block: the others are checked when they are worked off. */
async function readBlocks(reading: Reading): Promise<StoredBlock[]> {
  const { name, size } = reading;
  const blocks: StoredBlock[] = [];
  let at = 0;
  while (at < size) {
    const header = await readHeader(reading, at);
    if (!header) break;
    const end = header.offset + header.data + header.bad + 1;
    if (end > size) break;
    blocks.push({ file: name, ...header });
    at = end;
  }
  const last = blocks.at(-1);
  if (last && at === size && !(await isWhole(reading, last))) blocks.pop();
  return blocks;
}

/** The longest line that a header can be. */
const headerRoom = 128;

/** Undefined if it was not written whole. */
async function readHeader(
  { file, path, size }: Reading,
  at: number,
): Promise<(BlockHeader & { offset: number }) | undefined> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(headerRoom), 0, headerRoom, at);
  const bytes = buffer.subarray(0, bytesRead);
  const end = bytes.indexOf('\n');
  const line = end < 0 ? undefined : openLine(bytes.toString('utf8', 0, end));
  if (line) return { ...(JSON.parse(line.text) as BlockHeader), offset: at + end + 1 };
  if ((end < 0 && at + bytesRead === size && bytesRead < headerRoom) || hasHole(bytes)) return undefined;
  throw damagedBlock(path, `the line at byte ${at}`);
}

/** False if the power failed before all of it was on the disk. */
async function isWhole({ file, path }: Reading, { offset, data, bad, crc }: StoredBlock): Promise<boolean> {
  const { buffer } = await file.read(Buffer.alloc(data + bad), 0, data + bad, offset);
  if (checksumOf([buffer]) === crc) return true;
  if (hasHole(buffer)) return false;
  throw damagedBlock(path, `the block at byte ${offset}`);
}
