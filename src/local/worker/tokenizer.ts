/**
 * Cuts lines into the texts between separators, straight from bytes. Most texts of a stream come again and again: each
 * distinct one is made once and then found by its bytes, so that a text that is there needs no memory, has its hash at
 * hand, and a number (its *token*) under which others can keep what belongs to it.
 *
 * Texts are found in an open hash table over the bytes. When it is full, texts are made as they come, with token -1.
 */
export class Tokenizer {
  /** The result of `read`: so many texts and tokens are valid. */
  readonly texts: string[] = [];
  readonly tokens = new Int32Array(maxResults);
  count = 0;
  /** Lines that ended within the last `read`. */
  lines = 0;
  /** The last text ended at a separator: its line goes on, and `read` has more to give even if no byte is left. */
  inLine = false;
  readonly #separator: number;
  readonly #known: string[] = [];
  /** For each slot: hash, where the bytes begin in #bytes, their length (-1 for an empty slot), token. */
  readonly #slots = new Int32Array(4 * slots);
  readonly #bytes = new Uint8Array(maxBytes);
  #used = 0;
  #misses = 0;

  /** `separator` is an ASCII byte other than those of line ends. */
  constructor(separator: number) {
    this.#separator = separator;
    this.#clear();
  }

  /** Tokens are valid from one `start` to the next. */
  start(): void {
    if (this.#misses > maxTokens) this.#clear();
  }

  /** Reads on from `start` until the end of the bytes or until the result is full, and returns where to read on. */
  read(bytes: Uint8Array, start: number, end: number): number {
    const separator = this.#separator;
    let at = start;
    let hash = 0;
    this.count = 0;
    this.lines = 0;
    for (let i = start; i < end; i++) {
      const byte = bytes[i]!;
      if (byte !== separator && byte !== lineFeed && !isLineEnd(byte, bytes, i, end)) {
        hash = (Math.imul(hash, 31) + byte) | 0;
        continue;
      }
      this.#add(bytes, at, i, hash);
      this.inLine = byte === separator;
      if (!this.inLine) this.lines++;
      if (byte === carriageReturn) i++;
      at = i + 1;
      hash = 0;
      if (this.count === maxResults) return at;
    }
    if (at < end || this.inLine) this.#endOfInput(bytes, at, end, hash);
    return end;
  }

  /** The last line has no line end. */
  #endOfInput(bytes: Uint8Array, start: number, end: number, hash: number): void {
    this.#add(bytes, start, end, hash);
    this.lines++;
    this.inLine = false;
  }

  #add(bytes: Uint8Array, start: number, end: number, hash: number): void {
    const token = this.#find(bytes, start, end, hash);
    this.tokens[this.count] = token;
    this.texts[this.count] = token < 0 ? textOf(bytes, start, end) : this.#known[token]!;
    this.count++;
  }

  #find(bytes: Uint8Array, start: number, end: number, hash: number): number {
    const table = this.#slots;
    const length = end - start;
    for (let slot = scatter(hash) & (slots - 1); ; slot = (slot + 1) & (slots - 1)) {
      const at = slot << 2;
      const known = table[at + 2]!;
      if (known === length && table[at] === hash && this.#same(table[at + 1]!, bytes, start, end))
        return table[at + 3]!;
      if (known < 0) return this.#keep(at, bytes, start, end, hash);
    }
  }

  #same(from: number, bytes: Uint8Array, start: number, end: number): boolean {
    const mine = this.#bytes;
    for (let i = start, j = from; i < end; i++, j++) if (bytes[i] !== mine[j]) return false;
    return true;
  }

  #keep(at: number, bytes: Uint8Array, start: number, end: number, hash: number): number {
    const length = end - start;
    const token = this.#known.length;
    if (token === maxTokens || length > maxLength || this.#used + length > maxBytes) {
      this.#misses++;
      return -1;
    }
    this.#bytes.set(bytes.subarray(start, end), this.#used);
    this.#slots.set([hash, this.#used, length, token], at);
    this.#used += length;
    this.#known.push(textOf(bytes, start, end));
    return token;
  }

  #clear(): void {
    this.#slots.fill(-1);
    this.#known.length = 0;
    this.#used = 0;
    this.#misses = 0;
  }
}

/** Tokens are below this. */
export const maxTokens = 65_536;

const slots = 2 * maxTokens;
const maxBytes = 2 ** 21;
const maxLength = 64;
const maxResults = 65_536;
const lineFeed = 10;
const carriageReturn = 13;

/** The sums of similar words lie close together, which an open table does not bear. */
function scatter(hash: number): number {
  const mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return mixed ^ (mixed >>> 13);
}

const isLineEnd = (byte: number, bytes: Uint8Array, i: number, end: number): boolean =>
  byte === carriageReturn && i + 1 < end && bytes[i + 1] === lineFeed;

const textOf = (bytes: Uint8Array, start: number, end: number): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString();
