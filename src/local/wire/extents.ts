import { type SlabPool, slabBytes } from './slabs.ts';

/**
 * Where a run of bytes lies in the pool: triples `slab, offset, length`, one after the other. Records lie whole in one extent,
 * but for those larger than a slab: their extents have negative lengths, up to and including the last one but one.
 */
export type Extents = number[];

/** Thrown when no slab is free; the message for the user is made where the step is known. */
export class PoolExhausted extends Error {}

/**
 * Appends bytes to slabs of the pool. Each `take()` gives what was written since the last one, with the slabs it lies in
 * retained once for whoever gets it. The slab at the end is kept for what follows.
 */
export class SlabWriter {
  readonly #pool: SlabPool;
  readonly #owner: number;
  #slab = -1;
  #offset = 0;
  #extents: Extents = [];
  #slabs: number[] = [];

  constructor(pool: SlabPool, owner: number) {
    this.#pool = pool;
    this.#owner = owner;
  }

  /** Copies whole records. Throws PoolExhausted; what was written until then stays. */
  write(bytes: Uint8Array, start: number, end: number): void {
    const length = end - start;
    if (length <= slabBytes) {
      if (this.#slab < 0 || this.#offset + length > slabBytes) this.#next();
      this.#append(bytes, start, end, false);
      return;
    }
    this.#writeInPieces(bytes, start, end);
  }

  /** A record larger than a slab is written whole or not at all. */
  #writeInPieces(bytes: Uint8Array, start: number, end: number): void {
    const before = this.#extents.length;
    try {
      for (let from = start; from < end; from += slabBytes) {
        this.#next();
        this.#append(bytes, from, Math.min(from + slabBytes, end), from + slabBytes < end);
      }
    } catch (thrown) {
      this.#extents.length = before;
      throw thrown;
    }
  }

  /** The extents written since the last `take`, which go on in one another where they can. */
  takeExtents(): Extents {
    const extents = this.#extents;
    this.#extents = [];
    return extents;
  }

  /** The slabs that what was taken lies in; each has one user more, and the caller has to release it. */
  takeSlabs(): number[] {
    const slabs = this.#slabs;
    this.#slabs = [];
    return slabs;
  }

  /** Gives back what was written and not taken, and the slab at the end. */
  close(): void {
    for (const slab of this.takeSlabs()) this.#pool.release(slab);
    this.#extents = [];
    if (this.#slab >= 0) this.#pool.release(this.#slab);
    this.#slab = -1;
  }

  #next(): void {
    const slab = this.#pool.allocate(this.#owner);
    if (slab < 0) throw new PoolExhausted();
    if (this.#slab >= 0) this.#pool.release(this.#slab);
    this.#slab = slab;
    this.#offset = 0;
  }

  #append(bytes: Uint8Array, start: number, end: number, goesOn: boolean): void {
    this.#pool
      .view(this.#slab)
      .set(start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end), this.#offset);
    this.#note(this.#offset, end - start, goesOn);
    this.#offset += end - start;
    if (this.#slabs.at(-1) !== this.#slab) {
      this.#pool.retain(this.#slab);
      this.#slabs.push(this.#slab);
    }
  }

  #note(offset: number, length: number, goesOn: boolean): void {
    const extents = this.#extents;
    const last = extents.length - 3;
    const adjacent = last >= 0 && extents[last] === this.#slab && extents[last + 1]! + extents[last + 2]! === offset;
    if (adjacent && extents[last + 2]! > 0 && !goesOn) extents[last + 2]! += length;
    else extents.push(this.#slab, offset, goesOn ? -length : length);
  }
}

/** Hands out the bytes of extents in order, whole records at a time. They are only valid until their slabs are released. */
export function readExtents(
  pool: SlabPool,
  extents: Extents,
  each: (bytes: Uint8Array, start: number, end: number) => void,
): void {
  for (let i = 0; i < extents.length; i += 3) {
    if (extents[i + 2]! >= 0) {
      each(pool.view(extents[i]!), extents[i + 1]!, extents[i + 1]! + extents[i + 2]!);
      continue;
    }
    const first = i;
    while (extents[i + 2]! < 0) i += 3;
    const whole = joinExtents(pool, extents.slice(first, i + 3));
    each(whole, 0, whole.length);
  }
}

function joinExtents(pool: SlabPool, extents: Extents): Uint8Array {
  const whole = new Uint8Array(extentsLength(extents));
  for (let i = 0, at = 0; i < extents.length; i += 3) {
    const length = Math.abs(extents[i + 2]!);
    whole.set(pool.view(extents[i]!).subarray(extents[i + 1]!, extents[i + 1]! + length), at);
    at += length;
  }
  return whole;
}

export function extentsLength(extents: Extents): number {
  let bytes = 0;
  for (let i = 2; i < extents.length; i += 3) bytes += Math.abs(extents[i]!);
  return bytes;
}
