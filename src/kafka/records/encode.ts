/** A key or value; texts are sent as UTF-8. */
export type Content = string | Uint8Array | null;

export interface Headers {
  readonly [name: string]: Exclude<Content, null> | readonly Exclude<Content, null>[];
}

const smallest = 16 * 1024;
/** Of a number of 32 bits. */
const longestVarint = 5;
const longestCharacter = 3;
/** From so many characters on, counting bytes costs less than room for the most that there may be. */
const longText = 4096;
const nothing = 1;

/**
 * Writes what records of message format 2 hold beside their place in a batch: key, value and headers, one record behind the other, in
 * bytes that grow and are used again after `clear`.
 */
export class ContentWriter {
  bytes = Buffer.allocUnsafe(smallest);
  length = 0;

  clear(): void {
    this.length = 0;
  }

  /** The most bytes that a record needs here. */
  static roomFor(key: Content, value: Content, headers: Headers | undefined): number {
    return roomOf(key) + roomOf(value) + (headers ? roomOfHeaders(headers) : 1);
  }

  /** Has to be called with what the next contents need in all. */
  reserve(room: number): void {
    const needed = this.length + room;
    if (needed <= this.bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(needed, 2 * this.bytes.length));
    larger.set(this.bytes.subarray(0, this.length));
    this.bytes = larger;
  }

  /** With its length before it; returns where its bytes begin. */
  content(content: Content): number {
    if (typeof content === 'string') return this.#text(content);
    if (content === null) this.bytes[this.length++] = nothing;
    else this.#bytes(content);
    return this.length - (content?.length ?? 0);
  }

  headers(headers: Headers | undefined): void {
    const listed = headers ? Object.entries(headers).flatMap(eachHeader) : [];
    this.length = writeVarint(this.bytes, this.length, listed.length / 2);
    for (const content of listed) this.content(content);
  }

  #bytes(content: Uint8Array): void {
    this.length = writeVarint(this.bytes, this.length, content.length);
    this.bytes.set(content, this.length);
    this.length += content.length;
  }

  /** Most texts have as many bytes as characters; where that makes their length longer, they are moved. */
  #text(text: string): number {
    const { bytes, length: from } = this;
    const guessed = from + sizeOfVarint(text.length);
    const written = bytes.write(text, guessed);
    const start = from + sizeOfVarint(written);
    if (start !== guessed) bytes.copyWithin(start, guessed, guessed + written);
    writeVarint(bytes, from, written);
    this.length = start + written;
    return start;
  }
}

function roomOf(content: Content): number {
  if (content === null) return 1;
  if (typeof content !== 'string') return longestVarint + content.length;
  return longestVarint + (content.length < longText ? longestCharacter * content.length : Buffer.byteLength(content));
}

const roomOfHeaders = (headers: Headers): number =>
  Object.entries(headers)
    .flatMap(eachHeader)
    .reduce((sum: number, content) => sum + roomOf(content), longestVarint);

/** Name and value, for each value of a name. */
const eachHeader = ([name, value]: [string, Headers[string]]): Exclude<Content, null>[] =>
  typeof value === 'string' || value instanceof Uint8Array ? [name, value] : value.flatMap((one) => [name, one]);

/** A length, zigzag and seven bits a byte; returns where it ends. */
export function writeVarint(bytes: Uint8Array, at: number, value: number): number {
  let rest = 2 * value;
  for (; rest >= 0x80; rest >>>= 7) bytes[at++] = (rest & 0x7f) | 0x80;
  bytes[at++] = rest;
  return at;
}

export function sizeOfVarint(value: number): number {
  let size = 1;
  for (let rest = 2 * value; rest >= 0x80; rest >>>= 7) size++;
  return size;
}
