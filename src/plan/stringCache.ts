const slots = 4096;

/**
 * Gives the same string object for the same short bytes: most strings of a stream come again and again, and a string that
 * exists needs no memory and has its hash at hand. Keeps at most one string per slot.
 */
export class StringCache {
  readonly #slots: string[] = new Array<string>(slots).fill('');

  /** The string of `length` latin1 bytes at `at`. */
  latin1(bytes: Buffer, at: number, length: number): string {
    let hash = length;
    for (let i = 0; i < length; i++) hash = (Math.imul(hash, 31) + bytes[at + i]!) | 0;
    const slot = (hash ^ (hash >>> 12)) & (slots - 1);
    const known = this.#slots[slot]!;
    if (isSame(known, bytes, at, length)) return known;
    const text = bytes.toString('latin1', at, at + length);
    this.#slots[slot] = text;
    return text;
  }
}

function isSame(text: string, bytes: Buffer, at: number, length: number): boolean {
  if (text.length !== length) return false;
  for (let i = 0; i < length; i++) if (text.charCodeAt(i) !== bytes[at + i]) return false;
  return true;
}
