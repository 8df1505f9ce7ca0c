import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import type { Message } from './types.ts';

/** What a request holds at most, well below the megabyte that brokers take by default; a larger message goes alone. */
const chunkBytes = 512 * 1024;
const chunkMessages = 10_000;
/** What is kept in memory; the rest of a large partition waits in a file. */
const memoryBytes = 16 * 1024 * 1024;

/** The messages of a task until all of it has been computed, in order, cut into chunks as they are sent. */
export class Backlog {
  /** The topics of the messages. */
  readonly topics = new Set<string>();
  #open: Message[] = [];
  #openBytes = 0;
  #keptBytes = 0;
  readonly #kept: Message[][] = [];
  #file: { readonly directory: string; readonly fd: number; readonly lengths: number[] } | undefined;

  add(message: Message): void {
    const bytes = sizeOf(message);
    if (this.#openBytes + bytes > chunkBytes || this.#open.length >= chunkMessages) this.#finish();
    this.topics.add(message.topic);
    this.#open.push(message);
    this.#openBytes += bytes;
  }

  #finish(): void {
    if (this.#open.length === 0) return;
    if (this.#keptBytes + this.#openBytes > memoryBytes) this.#writeOut(this.#open);
    else this.#kept.push(this.#open);
    this.#keptBytes += this.#openBytes;
    this.#open = [];
    this.#openBytes = 0;
  }

  #writeOut(chunk: readonly Message[]): void {
    this.#file ??= openFile();
    const bytes = serialize(chunk);
    for (let written = 0; written < bytes.length; ) written += writeSync(this.#file.fd, bytes, written);
    this.#file.lengths.push(bytes.length);
  }

  /** Everything, in order; the same if it is asked for again. Nothing is added after that. */
  *chunks(): Generator<readonly Message[]> {
    this.#finish();
    yield* this.#kept;
    if (this.#file === undefined) return;
    let position = 0;
    for (const length of this.#file.lengths) {
      yield readBack(this.#file.fd, position, length);
      position += length;
    }
  }

  close(): void {
    if (this.#file === undefined) return;
    closeSync(this.#file.fd);
    rmSync(this.#file.directory, { recursive: true, force: true });
    this.#file = undefined;
  }
}

/** Removed at once, so that a killed process leaves nothing behind; where that cannot be done, it goes in `close`. */
function openFile() {
  const directory = mkdtempSync(join(tmpdir(), 'streamjob-kafka-'));
  const fd = openSync(join(directory, 'backlog'), 'wx+', 0o600);
  if (process.platform !== 'win32') rmSync(directory, { recursive: true });
  return { directory, fd, lengths: [] };
}

function readBack(fd: number, position: number, length: number): readonly Message[] {
  const bytes = Buffer.allocUnsafe(length);
  for (let read = 0; read < length; ) {
    const count = readSync(fd, bytes, read, length - read, position + read);
    if (count === 0) throw new Error('the temporary file of a Kafka sink is shorter than it was');
    read += count;
  }
  return deserialize(bytes) as Message[];
}

/** About: texts may need more bytes than they have characters, and records have some of their own. */
const sizeOf = ({ key, value, headers }: Message): number =>
  (key?.length ?? 0) + (value?.length ?? 0) + (headers ? 100 * Object.keys(headers).length : 0) + 50;
