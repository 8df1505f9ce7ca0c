import type { Framer } from './format.ts';

/**
 * What stands before a head in the bytes that tasks decode. In UTF-8 there is no such record; one that looks like it spoils
 * only the input that it comes from.
 */
export const headMark = Buffer.from([0xff, 0x00]);

/**
 * The first record of an input of a *headed* format: it says how the others are to be read, such as a line of column
 * names. Records are decoded apart from the beginning of their input (in a range of a file, in a block with records of several
 * connections), so whoever hands out records of another input puts its head before them: the mark, and that record.
 */
export class Head {
  readonly #framer: Framer;
  readonly #delimiter: Uint8Array;
  #bytes: Uint8Array | undefined;

  constructor(framer: Framer, delimiter: Uint8Array) {
    this.#framer = framer;
    this.#delimiter = delimiter;
  }

  /** Undefined until the first record has come. */
  get bytes(): Uint8Array | undefined {
    return this.#bytes;
  }

  /** Given all whole records of the input in order, returns where those behind the head begin. */
  behind(bytes: Uint8Array, start: number, end: number): number {
    if (this.#bytes) return start;
    const boundary = this.#framer.firstBoundary(bytes, start, end);
    const next = boundary < 0 ? end : boundary;
    this.#bytes = Buffer.concat([headMark, bytes.subarray(start, next), ...(boundary < 0 ? [this.#delimiter] : [])]);
    return next;
  }

  /** A record could not be framed. If it was the first, the head is empty, and nothing of this input can be read. */
  failed(): void {
    this.#bytes ??= Buffer.concat([headMark, this.#delimiter]);
  }
}

/** Gives the heads in some bytes and the records between them, in order; `head` is without its mark. */
export function eachSection(
  part: Buffer,
  framer: Framer,
  each: { head(record: Buffer): void; records(part: Buffer): void },
): void {
  for (let at = 0; at < part.length; ) {
    if (isMark(part, at)) {
      const start = at + headMark.length;
      const boundary = framer.firstBoundary(part, start, part.length);
      at = boundary < 0 ? part.length : boundary;
      each.head(part.subarray(start, at));
    }
    const next = nextMark(part, at, framer);
    if (next > at) each.records(part.subarray(at, next));
    at = next;
  }
}

const isMark = (part: Buffer, at: number): boolean => part[at] === headMark[0] && part[at + 1] === headMark[1];

/** A mark counts where a record begins. */
function nextMark(part: Buffer, from: number, framer: Framer): number {
  for (let at = part.indexOf(headMark, from); at >= 0; at = part.indexOf(headMark, at + 1)) {
    if (at === from || framer.lastBoundary(part, from, at) === at) return at;
  }
  return part.length;
}
