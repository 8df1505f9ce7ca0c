import { canonicalKey } from './canonical.ts';

/**
 * A Map whose keys compare by value: `[1, 'a']` finds what was added under another `[1, 'a']`. Iterates primitive keys
 * first, then compound ones, each in the order of their first `add`.
 *
 * The key that comes first is kept as it is: who keeps a table beyond a batch passes strings through `flat`.
 */
export class KeyedTable<C> {
  /**
   * Cells of keys that are no objects; a Map compares these as canonical bytes do. Code that knows its key to be a
   * string, number, boolean, bigint, null or undefined may use it directly.
   */
  readonly primitives = new Map<unknown, C>();
  readonly #compounds = new Map<string, { readonly key: object; cell: C }>();

  get size(): number {
    return this.primitives.size + this.#compounds.size;
  }

  /** The cell of a key, or undefined. Throws StreamjobError `not-a-value` for what cannot be a key. */
  find(key: unknown): C | undefined {
    return isPrimitive(key) ? this.primitives.get(key) : this.#compounds.get(canonicalKey(key))?.cell;
  }

  /** Puts a cell under a key, in place of the one that is there. */
  add(key: unknown, cell: C): void {
    if (isPrimitive(key)) {
      this.primitives.set(key, cell);
      return;
    }
    const canonical = canonicalKey(key);
    const known = this.#compounds.get(canonical);
    if (known) known.cell = cell;
    else this.#compounds.set(canonical, { key: key as object, cell });
  }

  delete(key: unknown): boolean {
    return isPrimitive(key) ? this.primitives.delete(key) : this.#compounds.delete(canonicalKey(key));
  }

  clear(): void {
    this.primitives.clear();
    this.#compounds.clear();
  }

  forEach(visit: (key: unknown, cell: C) => void): void {
    for (const [key, cell] of this.primitives) visit(key, cell);
    for (const { key, cell } of this.#compounds.values()) visit(key, cell);
  }

  *[Symbol.iterator](): Generator<[key: unknown, cell: C], void, undefined> {
    yield* this.primitives;
    for (const { key, cell } of this.#compounds.values()) yield [key, cell];
  }
}

function isPrimitive(key: unknown): boolean {
  const type = typeof key;
  return (
    type === 'string' ||
    type === 'number' ||
    (type !== 'object' && type !== 'function' && type !== 'symbol') ||
    key === null
  );
}

export { flat } from './flat.ts';
