import { allOrFirstError } from '../../base/deferred.ts';
import { StreamjobError } from '../../base/errors.ts';
import { framesOf, KeptWriter } from '../../engine/keptFile.ts';
import type { KeptPiece, KeptState } from '../../engine/keptPiece.ts';
import type { Keeper } from '../../plan/kept.ts';
import { type NodeId, type PlanNode, stepName } from '../../plan/plan.ts';
import type { BatchStore } from './stores.ts';

/** A store and the task that had it last. */
export interface ChangedStore {
  readonly node: PlanNode;
  readonly partition: number;
  readonly partitions: number;
  readonly store: BatchStore;
  /** Of the batch. */
  readonly time: number;
  /** A batch before has been written down. */
  readonly lived: boolean;
}

/**
 * Writes what the stores of a thread hold. Windows and states go into different files: files of windows are removed when all in them
 * has left its window, and are never merged.
 */
export class StoreWriter {
  readonly #keeperOf: (node: NodeId) => Keeper;
  readonly #states: KeptWriter;
  readonly #windows: KeptWriter;

  constructor(
    { directory, run }: Pick<KeptState, 'directory' | 'run'>,
    owner: number,
    keeperOf: (node: NodeId) => Keeper,
  ) {
    this.#keeperOf = keeperOf;
    this.#states = new KeptWriter(directory, `${run}-${owner}-state`);
    this.#windows = new KeptWriter(directory, `${run}-${owner}-window`);
  }

  /** Resolves when all is safe. If one of the files fails, the other one is done with, too, before it rejects: the next batch may follow at once. */
  async write(stores: readonly ChangedStore[]): Promise<readonly KeptPiece[]> {
    const states = stores.filter(({ node }) => node.kind === 'state');
    const windows = stores.filter(({ node }) => node.kind !== 'state');
    const writing = [this.#writeInto(this.#states, states), this.#writeInto(this.#windows, windows)];
    await allOrFirstError(writing);
    return (await Promise.all(writing)).flat();
  }

  async #writeInto(writer: KeptWriter, stores: readonly ChangedStore[]): Promise<KeptPiece[]> {
    const pieces: KeptPiece[] = [];
    for (const store of stores) {
      const piece = await this.#writeOne(writer, store).catch((thrown: unknown) => {
        throw notKept(store.node, thrown);
      });
      if (piece) pieces.push(piece);
    }
    if (pieces.length > 0) await writer.sync();
    return pieces;
  }

  /** The first batch writes a piece even if it is empty: it says that there has been a batch. */
  async #writeOne(writer: KeptWriter, { node, partition, partitions, store, time, lived }: ChangedStore) {
    const { id, kind } = this.#keeperOf(node.id);
    const head = { keeper: id, kind, time, partition, partitions };
    if (!lived) return writer.piece(head, framesOf(store.all(time)));
    const frames = [...framesOf(store.changes(time))];
    return frames.length > 0 ? writer.piece(head, frames) : undefined;
  }
}

/** A state that is no value is found out here, if nothing else has asked for it. */
function notKept({ origin }: PlanNode, thrown: unknown): unknown {
  if (!(thrown instanceof StreamjobError) || thrown.code !== 'not-a-value') return thrown;
  const { message, remedy, cause } = thrown;
  return new StreamjobError('not-a-value', `${stepName(origin)} keeps what cannot be written down: ${message}`, {
    at: origin.at,
    remedy,
    cause,
  });
}
