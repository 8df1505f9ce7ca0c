import { type Content, ContentWriter, type Headers } from '../../kafka/records/encode.ts';
import { keyHash } from '../../kafka/records/murmur2.ts';
import { placeBytes } from '../../kafka/records/outgoing.ts';
import { ChunkFile } from './chunkFile.ts';

/** What is sent together at most, below the megabyte that brokers take as one batch by default; a larger message goes alone. */
const chunkBytes = 900 * 1024;
const chunkMessages = 10_000;
/** What is kept in memory; the rest of a large partition waits in a file. */
const memoryBytes = 16 * 1024 * 1024;

/** Some messages, in order. */
export interface Chunk {
  /** The contents of one behind the other, as records have them. */
  readonly bytes: Buffer;
  /** For each message three numbers: where it ends in the bytes, the hash of its key or `keyless`, and which topic it goes to. */
  readonly index: Int32Array;
}

export const keyless = -1;
export const numbersEach = 3;

/** The messages of a task until all of it has been computed, in order, cut into chunks as they are sent. */
export class Backlog {
  /** The topics of the messages, in the order of their numbers. */
  readonly topics: string[] = [];
  readonly #numbers = new Map<string, number>();
  readonly #open = new ContentWriter();
  #index = new Int32Array(numbersEach * 64);
  #messages = 0;
  #keptBytes = 0;
  readonly #kept: Chunk[] = [];
  #file: ChunkFile | undefined;

  add(topic: string, key: Content, value: Content, headers: Headers | undefined): void {
    const room = ContentWriter.roomFor(key, value, headers);
    const planned = this.#open.length + room + placeBytes * (this.#messages + 1);
    if (planned > chunkBytes || this.#messages === chunkMessages) this.#finish();
    const open = this.#open;
    open.reserve(room);
    const keyFrom = open.content(key);
    const hash = key === null ? keyless : keyHash(open.bytes, keyFrom, open.length);
    open.content(value);
    open.headers(headers);
    this.#note(open.length, hash, this.#numberOf(topic));
  }

  #numberOf(topic: string): number {
    const known = this.#numbers.get(topic);
    if (known !== undefined) return known;
    this.#numbers.set(topic, this.topics.length);
    return this.topics.push(topic) - 1;
  }

  #note(end: number, hash: number, topic: number): void {
    const at = numbersEach * this.#messages++;
    if (at === this.#index.length) {
      const larger = new Int32Array(2 * at);
      larger.set(this.#index);
      this.#index = larger;
    }
    this.#index[at] = end;
    this.#index[at + 1] = hash;
    this.#index[at + 2] = topic;
  }

  /** Copies or writes away what has come together. */
  #finish(): void {
    if (this.#messages === 0) return;
    const bytes = this.#open.bytes.subarray(0, this.#open.length);
    const index = this.#index.subarray(0, numbersEach * this.#messages);
    this.#keptBytes += bytes.length;
    if (this.#keptBytes <= memoryBytes) this.#kept.push({ bytes: Buffer.from(bytes), index: index.slice() });
    else {
      this.#file ??= new ChunkFile();
      this.#file.add({ bytes, index });
    }
    this.#open.clear();
    this.#messages = 0;
  }

  /** Everything, in order; the same if it is asked for again. Nothing is added after that. */
  *chunks(): Generator<Chunk> {
    this.#finish();
    yield* this.#kept;
    if (this.#file) yield* this.#file.chunks();
  }

  close(): void {
    this.#file?.close();
    this.#file = undefined;
  }
}
