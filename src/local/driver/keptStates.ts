import { StreamjobError } from '../../base/errors.ts';
import { isFile } from '../../component/initial.ts';
import type { EngineEvents, Held } from '../../engine/engine.ts';
import { overlap, type Share } from '../../engine/keptEntries.ts';
import type { KeptPiece, KeptState } from '../../engine/keptPiece.ts';
import { type Keeper, keepersOf } from '../../plan/kept.ts';
import { type NodeId, type Plan, stepName } from '../../plan/plan.ts';
import { KeptWindows } from './keptWindows.ts';
import type { RawWindows } from './rawWindows.ts';
import type { Standing } from './standing.ts';
import { isDeath } from './threadDeath.ts';
import type { ThreadPool } from './threadPool.ts';

/** What must be run again as a whole: a thread has died with what it had changed in windows and states. */
export class ChangesLost extends Error {
  /** Why, for the user. */
  readonly reason: StreamjobError;

  constructor(reason: StreamjobError) {
    super('the changes of an attempt are lost');
    this.reason = reason;
  }
}

/** The threads that have run tasks on what they keep, in one attempt at a batch: their number as owners of slabs, by place. */
export type Holders = Map<number, number>;

/** How windows and states outlive a thread and the process: in the pieces that each batch leaves, and earlier ones have left. */
export class KeptStates {
  readonly #state: KeptState;
  readonly #keepers: ReadonlyMap<NodeId, string>;
  /** Those whose states begin with a file. */
  readonly #begun: readonly Keeper[];
  readonly #threads: ThreadPool;
  readonly #windows: KeptWindows;

  constructor(state: KeptState, plan: Plan, threads: ThreadPool, windows: RawWindows) {
    this.#state = state;
    this.#threads = threads;
    const keepers = keepersOf(plan);
    this.#keepers = new Map(keepers.map(({ id, node }) => [node.id, id]));
    this.#begun = keepers.filter(({ node }) => node.kind === 'state' && node.initial && isFile(node.initial));
    this.#windows = new KeptWindows(state, keepers, windows);
  }

  /** Tells what earlier runs have left, and reads the records of windows back. */
  async open(standing: Standing, log: EngineEvents['log']): Promise<void> {
    await this.#state.read(async (pieces) => {
      for (const message of this.#pastInitial(pieces)) log('info', message);
      const nodes = new Map([...this.#keepers].map(([node, id]) => [id, node]));
      for (const { keeper, time } of pieces) standing.left(nodes.get(keeper), time);
      await this.#windows.read(pieces);
    });
  }

  /** The files of initial states that come too late: there are states already. */
  #pastInitial(pieces: readonly KeptPiece[]): readonly string[] {
    const held = new Set(pieces.map(({ keeper }) => keeper));
    return this.#begun
      .filter(({ id }) => held.has(id))
      .map(
        ({ node }) =>
          `${stepName(node.origin)}: the checkpoint holds its states, so the file of \`initial\` is not used`,
      );
  }

  /** Gives what a partition of a node is to be read from; nothing of it is removed before `work` has ended. */
  reading<T>(node: NodeId, share: Share, work: (pieces: readonly KeptPiece[]) => Promise<T>): Promise<T> {
    const keeper = this.#keepers.get(node);
    return this.#state.read((pieces) =>
      work(pieces.filter((piece) => piece.keeper === keeper && overlap(piece, share))),
    );
  }

  /**
   * Writes down what an attempt has changed. Resolves when it is safe. Rejects with ChangesLost if a thread has died with it.
   */
  async save(time: number, holders: Holders): Promise<readonly KeptPiece[]> {
    const saving = [...holders].map(([place, owner]) => this.#saveThread(time, place, owner));
    const outcomes = await Promise.allSettled([this.#windows.write(time), ...saving]);
    const failure = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failure) throw failure.reason;
    return outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? outcome.value : []));
  }

  async #saveThread(time: number, place: number, owner: number): Promise<readonly KeptPiece[]> {
    const pieces = await this.#threads.save({ type: 'save', time }, place, owner).catch((thrown: unknown) => {
      throw isDeath(thrown) ? new ChangesLost(thrown) : thrown;
    });
    if (!pieces) throw changesLost();
    return pieces;
  }

  /** How many bytes each state and each window by key has on the disk, with these pieces of a batch that is not yet done. */
  held(pieces: readonly KeptPiece[]): readonly (readonly [NodeId, Held])[] {
    const bytes = new Map(this.#state.bytes());
    for (const piece of pieces) bytes.set(piece.keeper, (bytes.get(piece.keeper) ?? 0) + piece.bytes);
    return [...this.#keepers].map(([node, id]) => [node, { bytes: bytes.get(id) ?? 0 }]);
  }

  close(): Promise<void> {
    return this.#windows.close();
  }
}

export const changesLost = (): ChangesLost =>
  new ChangesLost(
    new StreamjobError(
      'worker-died',
      'A worker thread ended again and again, with what the batch had changed in windows and states.',
      {
        remedy: 'Look at the log for what ended it. Start the job again: it goes on where it was.',
      },
    ),
  );
