/**
 * The memory that all threads share: one SharedArrayBuffer, cut into slabs of equal size. It is reserved once and touched
 * from its low end, so a job that needs little keeps little. Every slab has a count of those who use it: a thread that
 * fills it, and every block or bucket that lies in it. At zero it is free. All methods may be called on any thread.
 */
export class SlabPool {
  readonly shared: SharedArrayBuffer;
  readonly count: number;
  /** Users of each slab; 0 is free. */
  readonly #users: Int32Array;
  /** The thread that took each slab: what it had is freed when it dies. */
  readonly #owners: Int32Array;
  readonly #used: Int32Array;
  readonly #views: (Uint8Array | undefined)[] = [];

  constructor(shared: SharedArrayBuffer) {
    this.shared = shared;
    this.count = Math.floor((shared.byteLength - 8) / (slabBytes + headerBytesPerSlab));
    this.#used = new Int32Array(shared, 0, 1);
    this.#users = new Int32Array(shared, 8, this.count);
    this.#owners = new Int32Array(shared, 8 + 4 * this.count, this.count);
  }

  /** A pool of at least two slabs and about `bytes` bytes. */
  static create(bytes: number): SlabPool {
    const count = Math.max(2, Math.floor(bytes / slabBytes));
    return new SlabPool(new SharedArrayBuffer(8 + count * (slabBytes + headerBytesPerSlab)));
  }

  /** Slabs that are not free. */
  get used(): number {
    return Atomics.load(this.#used, 0);
  }

  /** Takes the lowest free slab for `owner`, with one user. -1 if there is none. */
  allocate(owner: number): number {
    for (let slab = 0; slab < this.count; slab++) {
      if (Atomics.load(this.#users, slab) === 0 && Atomics.compareExchange(this.#users, slab, 0, 1) === 0) {
        Atomics.store(this.#owners, slab, owner);
        Atomics.add(this.#used, 0, 1);
        return slab;
      }
    }
    return -1;
  }

  retain(slab: number): void {
    Atomics.add(this.#users, slab, 1);
  }

  release(slab: number): void {
    if (Atomics.sub(this.#users, slab, 1) === 1) Atomics.sub(this.#used, 0, 1);
  }

  /** The slabs have been handed over: they outlive the thread that took them. */
  disown(slabs: readonly number[]): void {
    for (const slab of slabs) Atomics.store(this.#owners, slab, 0);
  }

  /** Frees what a dead thread had taken and not handed over. */
  releaseOwned(owner: number): void {
    for (let slab = 0; slab < this.count; slab++) {
      if (Atomics.load(this.#owners, slab) !== owner) continue;
      Atomics.store(this.#owners, slab, 0);
      if (Atomics.exchange(this.#users, slab, 0) > 0) Atomics.sub(this.#used, 0, 1);
    }
  }

  view(slab: number): Uint8Array {
    return (this.#views[slab] ??= new Uint8Array(this.shared, this.#offset(slab), slabBytes));
  }

  #offset(slab: number): number {
    return this.shared.byteLength - (this.count - slab) * slabBytes;
  }
}

/** Small enough that a few hundred fit any limit, large enough that a block is decoded in one go. */
export const slabBytes = 256 * 1024;

const headerBytesPerSlab = 8;
