import { canonicalKey } from './canonical.ts';
import { flat } from './flat.ts';

/** What a key that is not there has for a place. */
export const nowhere = 0;

/**
 * Gives a place, a small number above 0, to each key; keys compare by value as in KeyedTable. Who keeps something for millions of keys
 * keeps it in arrays by place, which cost the garbage collector nothing for each key, and a look-up waits for memory about half as often as
 * one in a Map: the table holds hashes, so that only the key that is looked for is touched.
 */
export class KeyIndex {
  /** By place; those that are nobody's hold undefined. */
  readonly #keys: unknown[] = [undefined];
  readonly #free: number[] = [];
  /** Pairs of a hash and a place; open addressing, a power of two of them. */
  #table = new Int32Array(2 * smallest);
  #mask = smallest - 1;
  /** How many pairs are taken. */
  #taken = 0;
  readonly #compounds = new Map<string, number>();

  /** How many keys are to be found. */
  get size(): number {
    return this.#taken + this.#compounds.size;
  }

  /** One more than the highest place so far. */
  get end(): number {
    return this.#keys.length;
  }

  key(place: number): unknown {
    return this.#keys[place];
  }

  /** The place of a key, or `nowhere`. Throws StreamjobError `not-a-value` for what cannot be a key. */
  find(key: unknown): number {
    if (typeof key === 'object' && key !== null) return this.#compounds.get(canonicalKey(key)) ?? nowhere;
    return this.#table[2 * this.#slotOf(key, hashOf(key)) + 1]!;
  }

  /** Adds a key that is not there, -0 as 0. Gives its place. */
  add(key: unknown): number {
    const place = this.#free.pop() ?? this.#keys.length;
    this.#keys[place] = typeof key === 'string' ? flat(key) : key === 0 ? 0 : key;
    this.show(place);
    return place;
  }

  /** The key at a place is not found any more, but the place stays its own. */
  hide(place: number): void {
    const key = this.#keys[place];
    if (typeof key === 'object' && key !== null) this.#compounds.delete(canonicalKey(key));
    else this.#empty(this.#slotOf(key, hashOf(key)));
  }

  /** The key at a place is found again. */
  show(place: number): void {
    const key = this.#keys[place];
    if (typeof key === 'object' && key !== null) {
      this.#compounds.set(canonicalKey(key), place);
      return;
    }
    if (3 * this.#taken >= 2 * (this.#mask + 1)) this.#grow();
    const hash = hashOf(key);
    this.#put(this.#slotOf(key, hash), hash, place);
    this.#taken++;
  }

  /** The place of a key that is hidden may be given to another one. */
  release(place: number): void {
    this.#keys[place] = undefined;
    this.#free.push(place);
  }

  /** Where a key lies, or would lie: the slots behind it are looked at until one is empty. */
  #slotOf(key: unknown, hash: number): number {
    const table = this.#table;
    for (let slot = hash & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const place = table[2 * slot + 1]!;
      if (place === nowhere || (table[2 * slot] === hash && isSame(this.#keys[place], key))) return slot;
    }
  }

  #put(slot: number, hash: number, place: number): void {
    this.#table[2 * slot] = hash;
    this.#table[2 * slot + 1] = place;
  }

  /** Those behind it move up if they would not be found across the gap. */
  #empty(slot: number): void {
    const table = this.#table;
    const mask = this.#mask;
    let gap = slot;
    for (let next = (slot + 1) & mask; table[2 * next + 1] !== nowhere; next = (next + 1) & mask) {
      const home = table[2 * next]! & mask;
      if (((next - home) & mask) < ((next - gap) & mask)) continue;
      this.#put(gap, table[2 * next]!, table[2 * next + 1]!);
      gap = next;
    }
    this.#put(gap, 0, nowhere);
    this.#taken--;
  }

  #grow(): void {
    const old = this.#table;
    this.#table = new Int32Array(2 * old.length);
    this.#mask = 2 * this.#mask + 1;
    for (let i = 0; i < old.length; i += 2) {
      if (old[i + 1] === nowhere) continue;
      let slot = old[i]! & this.#mask;
      while (this.#table[2 * slot + 1] !== nowhere) slot = (slot + 1) & this.#mask;
      this.#put(slot, old[i]!, old[i + 1]!);
    }
  }
}

const smallest = 16;

/** Not the same in every process: nobody can choose keys that all lie at one place. */
const seed = Math.floor(Math.random() * 2 ** 32) | 0;

const double = new Float64Array(1);
const words = new Int32Array(double.buffer);

/** Equal for equal keys that are no objects. */
function hashOf(key: unknown): number {
  if (typeof key === 'string') return hashText(key);
  if (typeof key !== 'number') return hashText(canonicalKey(key));
  double[0] = key === 0 ? 0 : key;
  return Number.isNaN(key) ? seed : mixed(Math.imul(words[0]! ^ seed, 0x01000193) ^ words[1]!);
}

/** FNV-1a over the characters. */
function hashText(text: string): number {
  let hash = seed;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return mixed(hash);
}

/** All bits count for the low ones, as at the end of murmur3. */
function mixed(hash: number): number {
  const h = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  const i = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return i ^ (i >>> 16);
}

/** As Map compares: NaN is the same as NaN, and -0 as 0. */
const isSame = (one: unknown, other: unknown): boolean => one === other || (Number.isNaN(one) && Number.isNaN(other));
