import { isPlainObject } from './value.ts';

/** A part of a value that is small enough to be shown, whatever the value is. */
export interface Excerpt {
  readonly value: unknown;
  /** Something was left out: `…` stands for it. */
  readonly cut: boolean;
}

const longestText = 1_000;
const mostElements = 100;
const deepest = 6;
/** So many characters and bytes altogether, however they are nested; any other value counts for ten of them. */
const largest = 50_000;
const otherSize = 10;

/** Looks at a bounded part of a value, so that showing it costs the same whether it is a word or a list of a million. */
export function excerptOf(value: unknown): Excerpt {
  const excerpt = new Excerpting();
  return { value: excerpt.of(value, 0), cut: excerpt.cut };
}

class Excerpting {
  cut = false;
  #left = largest;

  of(value: unknown, depth: number): unknown {
    if (typeof value === 'string') return this.#text(value);
    this.#left -= otherSize;
    if (typeof value !== 'object' || value === null) return value;
    if (this.#left <= 0 || depth >= deepest) return this.#omitted();
    if (Array.isArray(value)) return this.#list(value, value.length, depth);
    if (value instanceof Uint8Array) return this.#bytes(value);
    if (value instanceof Set) return new Set(this.#list(value, value.size, depth));
    if (value instanceof Map) return new Map(this.#pairs(value, depth));
    return isPlainObject(value) ? this.#fields(value, depth) : value;
  }

  #text(text: string): string {
    this.#left -= Math.min(text.length, longestText);
    if (text.length <= longestText) return text;
    this.cut = true;
    return `${text.slice(0, longestText)}…`;
  }

  #bytes(bytes: Uint8Array): Uint8Array {
    this.#left -= Math.min(bytes.length, longestText);
    if (bytes.length > longestText) this.cut = true;
    return bytes.slice(0, longestText);
  }

  #list(values: Iterable<unknown>, length: number, depth: number): unknown[] {
    const shown: unknown[] = [];
    for (const value of values) {
      if (this.#isFull(shown)) break;
      shown.push(this.of(value, depth + 1));
    }
    if (shown.length < length) shown.push(this.#omitted());
    return shown;
  }

  #pairs(map: ReadonlyMap<unknown, unknown>, depth: number): [unknown, unknown][] {
    const shown: [unknown, unknown][] = [];
    for (const [key, value] of map) {
      if (this.#isFull(shown)) {
        shown.push(['…', this.#omitted()]);
        break;
      }
      shown.push([this.of(key, depth + 1), this.of(value, depth + 1)]);
    }
    return shown;
  }

  #fields(object: Record<string, unknown>, depth: number): Record<string, unknown> {
    const shown: [string, unknown][] = [];
    for (const name in object) {
      if (this.#isFull(shown)) {
        shown.push(['…', this.#omitted()]);
        break;
      }
      shown.push([this.#text(name), this.of(object[name], depth + 1)]);
    }
    return Object.fromEntries(shown);
  }

  #isFull(shown: readonly unknown[]): boolean {
    return shown.length >= mostElements || this.#left <= 0;
  }

  #omitted(): string {
    this.cut = true;
    return '…';
  }
}
