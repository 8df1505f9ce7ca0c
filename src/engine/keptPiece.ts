import type { Keeper } from '../plan/kept.ts';

/**
 * Where a piece of what windows and states keep lies on the disk. A piece holds what one batch has brought to one partition of
 * one keeper (plan/kept.ts); or, merged, all that a state had in that partition. What a partition keeps is its pieces put together in the
 * order of their times. A piece may be empty, and counts all the same: it says that its keeper has lived.
 *
 * Pieces of a window leave when it has passed them, but for the newest ones of a keeper, which say whether there has ever been
 * data, and what waits for the next slide.
 */
export type KeptPiece = {
  /** The id of its keeper. */
  readonly keeper: string;
  readonly kind: Keeper['kind'];
  /** The batch; the newest of them, if it is merged. */
  readonly time: number;
  /**
   * Its keys are those of this partition out of so many (plan/hash.ts): whoever has other partitions reads the pieces that overlap
   * with its own and leaves out what is not its. For the records of a window: the place in the order of partitions.
   */
  readonly partition: number;
  readonly partitions: number;
  /** All that the state had, and not what a batch has changed. */
  readonly whole?: true;
  /** How many entries it has; of the records of a window, which nobody has looked at, how many runs of them. */
  readonly entries: number;
  /** Below the directory for states: `3-1-state-12`. */
  readonly file: string;
  readonly offset: number;
  readonly bytes: number;
  readonly crc: number;
};

/** Where an engine is to keep what windows and states hold, and what earlier batches have left there. */
export interface KeptState {
  readonly directory: string;
  /** Begins the names of the files that this run writes; no other run has it. */
  readonly run: string;
  /** The pieces that count, for as long as `work` reads them: nothing of them is removed meanwhile. */
  read<T>(work: (pieces: readonly KeptPiece[]) => Promise<T>): Promise<T>;
  /** By keeper: how many bytes the pieces that count take on the disk. */
  bytes(): ReadonlyMap<string, number>;
}
