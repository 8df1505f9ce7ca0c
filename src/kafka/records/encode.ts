/** What a record consists of beside its place in a batch. Texts are sent as UTF-8. */
export interface RecordFields {
  readonly offsetDelta: number;
  /** In milliseconds. */
  readonly timestampDelta: number;
  readonly key?: Content;
  readonly value?: Content;
  readonly headers?: { readonly [name: string]: Content | readonly Content[] };
}

type Content = string | Uint8Array | null | undefined;

/** A record of message format 2, with its length before it, into one buffer of the right size. */
export function encodeRecord({ offsetDelta, timestampDelta, key, value, headers }: RecordFields): Buffer {
  const listed = headers ? Object.entries(headers).flatMap(eachHeader) : [];
  const sizeOfHeaders = listed.reduce((sum, content) => sum + sizeOf(content), sizeOfVarint(listed.length / 2));
  const sizeOfPlace = 1 + sizeOfVarint(timestampDelta) + sizeOfVarint(offsetDelta);
  const size = sizeOfPlace + sizeOf(key) + sizeOf(value) + sizeOfHeaders;
  const writer = new Writer(sizeOfVarint(size) + size);
  writer.varint(size);
  writer.attributes();
  writer.varint(timestampDelta);
  writer.varint(offsetDelta);
  writer.content(key);
  writer.content(value);
  writer.varint(listed.length / 2);
  for (const content of listed) writer.content(content);
  return writer.bytes;
}

/** Name and value, for each value of a name. */
const eachHeader = ([name, value]: [string, Content | readonly Content[]]): Content[] =>
  Array.isArray(value) ? (value as readonly Content[]).flatMap((one) => [name, one]) : [name, value as Content];

class Writer {
  readonly bytes: Buffer;
  #at = 0;

  constructor(size: number) {
    this.bytes = Buffer.allocUnsafe(size);
  }

  /** None has been defined. */
  attributes(): void {
    this.bytes[this.#at++] = 0;
  }

  varint(value: number): void {
    let rest = zigzag(value);
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) this.bytes[this.#at++] = (rest % 0x80) | 0x80;
    this.bytes[this.#at++] = rest;
  }

  /** With its length before it, which is -1 for none. */
  content(content: Content): void {
    this.varint(lengthOf(content));
    if (typeof content === 'string') this.#at += this.bytes.write(content, this.#at);
    else if (content) {
      this.bytes.set(content, this.#at);
      this.#at += content.length;
    }
  }
}

const zigzag = (value: number): number => (value >= 0 ? 2 * value : -2 * value - 1);

function sizeOfVarint(value: number): number {
  let size = 1;
  for (let rest = zigzag(value); rest >= 0x80; rest = Math.floor(rest / 0x80)) size++;
  return size;
}

function sizeOf(content: Content): number {
  const length = lengthOf(content);
  return sizeOfVarint(length) + Math.max(0, length);
}

function lengthOf(content: Content): number {
  if (content === null || content === undefined) return -1;
  return typeof content === 'string' ? Buffer.byteLength(content) : content.length;
}
