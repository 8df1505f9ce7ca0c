import { WireWriter } from '../../plan/wire.ts';
import type { Extents, SlabWriter } from '../wire/extents.ts';

/** Writes a shuffle's records of one task: one bucket for each target partition, all in the same slabs. */
export class BucketWriter {
  readonly targets: number;
  /** How many records were added. */
  records = 0;
  readonly #slabs: SlabWriter;
  /** Per target, what is encoded and not yet in a slab: whole records. */
  readonly #pending: (WireWriter | undefined)[];
  readonly #extents: Extents[];

  constructor(slabs: SlabWriter, targets: number) {
    this.#slabs = slabs;
    this.targets = targets;
    this.#pending = new Array(targets).fill(undefined);
    this.#extents = Array.from({ length: targets }, () => []);
  }

  /** Adds a record to a bucket. Throws `not-a-value`, and PoolExhausted. */
  write(target: number, record: unknown): void {
    const pending = (this.#pending[target] ??= new WireWriter());
    pending.write(record);
    this.records++;
    if (pending.length >= flushBytes) this.#flush(target);
  }

  /** Adds two values that belong together. */
  writeTwo(target: number, first: unknown, second: unknown): void {
    const pending = (this.#pending[target] ??= new WireWriter());
    pending.write(first);
    pending.write(second);
    this.records++;
    if (pending.length >= flushBytes) this.#flush(target);
  }

  close(): readonly Extents[] {
    for (let target = 0; target < this.targets; target++) this.#flush(target);
    return this.#extents;
  }

  #flush(target: number): void {
    const pending = this.#pending[target];
    if (pending === undefined || pending.length === 0) return;
    const bytes = pending.bytes();
    this.#slabs.write(bytes, 0, bytes.length);
    this.#extents[target]!.push(...this.#slabs.takeExtents());
    pending.reset();
  }
}

const flushBytes = 32 * 1024;
