import type { RecordBatch } from './batch.ts';

/** Of one producer: its records from this offset on, up to the next marker, are of a transaction that was aborted. */
export interface AbortedTransaction {
  readonly producerId: bigint;
  readonly firstOffset: number;
}

/**
 * Tells which batches of a fetch hold data of committed transactions, as Java consumers with `read_committed` do: a producer’s batches
 * from the first offset of an aborted transaction on are left out, until its marker comes by.
 */
export class Committed {
  readonly #aborted: AbortedTransaction[];
  readonly #aborting = new Set<bigint>();

  /** Those that begin before the end of the fetch, as its response lists them. */
  constructor(aborted: readonly AbortedTransaction[]) {
    this.#aborted = aborted.toSorted((a, b) => a.firstOffset - b.firstOffset);
  }

  /** Asked of all batches, in order. */
  holdsData({ control, transactional, producerId, lastOffset }: RecordBatch): boolean {
    while (this.#aborted.length > 0 && this.#aborted[0]!.firstOffset <= lastOffset)
      this.#aborting.add(this.#aborted.shift()!.producerId);
    if (control) this.#aborting.delete(producerId);
    return !control && !(transactional && this.#aborting.has(producerId));
  }
}
