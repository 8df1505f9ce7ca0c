import { closeSync, openSync, readSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { sealLine } from '../base/checksum.ts';
import { messageOf, StreamjobError } from '../base/errors.ts';
import { failpoint } from '../base/failpoint.ts';
import { syncDirectory } from '../base/sync.ts';
import { WireWriter } from '../plan/wire.ts';
import type { KeptPiece } from './keptPiece.ts';

/** What is known of a piece before it is written. */
export type PieceHead = Pick<KeptPiece, 'keeper' | 'kind' | 'time' | 'partition' | 'partitions' | 'whole'>;

/** A run of whole values in wire format, and how many entries it adds to its piece. */
export interface Frame {
  readonly bytes: Uint8Array;
  readonly entries: number;
}

/** A file that is larger takes no more pieces. */
const fullAt = 16e6;

const frameBytes = 64 * 1024;

/** What has been gathered before it is written. */
const gatherBytes = 1024 * 1024;

/** A value that is written down already, in `bytes[start, end)`. */
export class Encoded {
  bytes: Uint8Array = new Uint8Array(0);
  start = 0;
  end = 0;
}

/** Values as frames, small enough that a piece of any size is never in memory as a whole. Throws `not-a-value`. */
export function* framesOf(values: Iterable<unknown>): Generator<Frame, void, undefined> {
  const writer = new WireWriter();
  let entries = 0;
  for (const value of values) {
    if (value instanceof Encoded) writer.copy(value.bytes, value.start, value.end);
    else writer.write(value);
    entries++;
    if (writer.length < frameBytes) continue;
    yield { bytes: writer.bytes().slice(), entries };
    writer.reset();
    entries = 0;
  }
  if (entries > 0) yield { bytes: writer.bytes().slice(), entries };
}

/**
 * Writes pieces one after the other into the files `NAME-1`, `NAME-2`… of a directory. Each piece is a sealed line of JSON (its
 * head), its frames, and a line end; a frame is its length in four bytes, the low one first, and so many bytes of whole values. One
 * call at a time. All methods reject with StreamjobError `checkpoint-failed` if the disk refuses.
 */
export class KeptWriter {
  readonly #directory: string;
  readonly #name: string;
  #file: FileHandle | undefined;
  #isNew = false;
  #number = 0;
  /** Of the file, with what has been gathered. */
  #length = 0;
  #gathered: Uint8Array[] = [];
  #gatheredBytes = 0;

  /** `name`: no other writer has it, in this run or another. */
  constructor(directory: string, name: string) {
    this.#directory = directory;
    this.#name = name;
  }

  /** Adds a piece, which is not safe before the next `sync`. The bytes of a frame must not change before. */
  async piece(head: PieceHead, frames: Iterable<Frame>): Promise<KeptPiece> {
    return this.#using(async () => {
      this.#file ??= await this.#next();
      await this.#gather(Buffer.from(sealLine(JSON.stringify(head))));
      const offset = this.#length;
      let crc = 0;
      let entries = 0;
      for (const frame of frames) {
        const length = lengthBytes(frame.bytes.length);
        crc = crc32(frame.bytes, crc32(length, crc));
        entries += frame.entries;
        await this.#gather(length);
        await this.#gather(frame.bytes);
      }
      const bytes = this.#length - offset;
      await this.#gather(lineEnd);
      return { ...head, entries, file: `${this.#name}-${this.#number}`, offset, bytes, crc };
    });
  }

  /** Resolves when all pieces are safe. */
  async sync(): Promise<void> {
    await this.#using(async () => {
      const file = this.#file;
      if (!file) return;
      await this.#flush();
      failpoint('state.sync');
      await Promise.all([file.datasync(), this.#isNew && syncDirectory(this.#directory)]);
      failpoint('state.synced');
      this.#isNew = false;
      if (this.#length >= fullAt) await this.close();
    });
  }

  /** What has not been synced is given up. */
  async close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    this.#gathered = [];
    this.#gatheredBytes = 0;
    await file?.close();
  }

  async #next(): Promise<FileHandle> {
    this.#length = 0;
    this.#isNew = true;
    return open(join(this.#directory, `${this.#name}-${++this.#number}`), 'wx', 0o600);
  }

  async #gather(bytes: Uint8Array): Promise<void> {
    this.#gathered.push(bytes);
    this.#gatheredBytes += bytes.length;
    this.#length += bytes.length;
    if (this.#gatheredBytes >= gatherBytes) await this.#flush();
  }

  async #flush(): Promise<void> {
    const bytes = Buffer.concat(this.#gathered);
    this.#gathered = [];
    this.#gatheredBytes = 0;
    failpoint('state.write');
    await this.#file!.writeFile(bytes);
    failpoint('state.written');
  }

  /** A write that failed may have left half a piece: the next piece goes into another file. */
  async #using<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (cause) {
      await this.close().catch(() => undefined);
      if (cause instanceof StreamjobError) throw cause;
      const path = join(this.#directory, `${this.#name}-${this.#number}`);
      throw new StreamjobError('checkpoint-failed', `${path} cannot be written: ${messageOf(cause)}.`, {
        cause,
        remedy:
          'Make room on the disk or give the right to write there, and start the job again: it goes on where it was.',
      });
    }
  }
}

const lineEnd = Buffer.from('\n');

function lengthBytes(length: number): Uint8Array {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32LE(length);
  return bytes;
}

/** Reads pieces back. It holds one file open at a time, and blocks its thread. */
export class KeptReader {
  readonly #directory: string;
  #open: { readonly name: string; readonly descriptor: number } | undefined;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** The frames of a piece, each valid until the next. Throws StreamjobError `checkpoint-damaged` before the first one. */
  *frames(piece: KeptPiece): Generator<Uint8Array, void, undefined> {
    this.#check(piece);
    let buffer = Buffer.allocUnsafe(frameBytes + 4);
    const end = piece.offset + piece.bytes;
    for (let at = piece.offset; at < end; ) {
      this.#read(piece, buffer, 4, at);
      const length = buffer.readUInt32LE();
      if (length > buffer.length) buffer = Buffer.allocUnsafe(length);
      this.#read(piece, buffer, length, at + 4);
      at += 4 + length;
      yield buffer.subarray(0, length);
    }
  }

  close(): void {
    if (this.#open) closeSync(this.#open.descriptor);
    this.#open = undefined;
  }

  #check(piece: KeptPiece): void {
    const chunk = Buffer.allocUnsafe(Math.min(piece.bytes, gatherBytes));
    let crc = 0;
    for (let at = 0; at < piece.bytes; at += chunk.length) {
      const length = Math.min(chunk.length, piece.bytes - at);
      this.#read(piece, chunk, length, piece.offset + at);
      crc = crc32(chunk.subarray(0, length), crc);
    }
    if (crc !== piece.crc) throw this.#damaged(piece);
  }

  #read(piece: KeptPiece, into: Buffer, length: number, position: number): void {
    let at = 0;
    try {
      const descriptor = this.#descriptor(piece.file);
      for (let read = 1; read > 0 && at < length; at += read)
        read = readSync(descriptor, into, at, length - at, position + at);
    } catch (error) {
      throw this.#damaged(piece, error);
    }
    if (at < length) throw this.#damaged(piece);
  }

  #descriptor(name: string): number {
    if (this.#open?.name === name) return this.#open.descriptor;
    this.close();
    const descriptor = openSync(join(this.#directory, name), 'r');
    this.#open = { name, descriptor };
    return descriptor;
  }

  #damaged({ keeper, file, offset }: KeptPiece, cause?: unknown): StreamjobError {
    const why = cause === undefined ? '' : ` (${messageOf(cause)})`;
    return new StreamjobError(
      'checkpoint-damaged',
      `${join(this.#directory, file)} is damaged: what it keeps of ${keeper} at byte ${offset} is not what was written${why}.`,
      {
        cause,
        remedy: `Bring the file back from a backup, or begin this state anew with \`streamjob checkpoint reset DIR --state ${keeper}\`.`,
      },
    );
  }
}
