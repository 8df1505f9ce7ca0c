import { StreamjobError } from '../../base/errors.ts';
import { catalog } from '../../catalog/index.ts';
import { type InitialPair, loadInitial } from '../../component/initial.ts';
import { stateEntries } from '../../engine/keptEntries.ts';
import { KeptReader } from '../../engine/keptFile.ts';
import type { KeptPiece } from '../../engine/keptPiece.ts';
import { keepersOf } from '../../plan/kept.ts';
import {
  edgeSlide,
  type FoldNode,
  type NodeId,
  type PlanNode,
  type StateNode,
  slidesOf,
  stepName,
} from '../../plan/plan.ts';
import type { OpenMessage, TaskMessage } from '../wire/messages.ts';
import { FoldWindow } from './foldWindow.ts';
import type { NodeFunctions } from './functions.ts';
import { restoreWindow } from './restoreWindow.ts';
import { StateTable } from './stateTable.ts';
import { type ChangedStore, StoreWriter } from './storeWriter.ts';

/** What a partition of a stateful node keeps from batch to batch. Only the changes of the newest batch may be taken back. */
export interface BatchStore {
  /** How many keys it holds. */
  readonly keys: number;
  /** Drops what a batch after `time` has changed: it is run again, or was given up. */
  takeBack(time: number): void;
  /** What is to be written down of the batch of this time, the newest: entries of engine/keptEntries.ts. */
  changes(time: number): Iterable<unknown>;
  /** The same if nothing was written down of any batch before. */
  all(time: number): Iterable<unknown>;
}

type Job = Pick<OpenMessage, 'plan' | 'state'>;

/**
 * The windows and states that live on this thread. A partition is always run here, so they are never copied. No message
 * says that a batch has failed or is done: every task says which batches stand, and what is newer is taken back first.
 */
export class Stores {
  readonly #job: Job;
  readonly #slides: readonly number[];
  readonly #stores = new Map<string, ChangedStore>();
  readonly #writer: StoreWriter | undefined;
  /** The initial states of the steps that have begun in the batch of this time. */
  #initial: { readonly time: number; readonly byNode: Map<NodeId, readonly InitialPair[]> } | undefined;

  /** `owner`: the number of the thread. */
  constructor(job: Job, owner: number) {
    this.#job = job;
    this.#slides = slidesOf(job.plan);
    const keepers = new Map(keepersOf(job.plan).map((keeper) => [keeper.node.id, keeper] as const));
    this.#writer = job.state && new StoreWriter(job.state, owner, (node: NodeId) => keepers.get(node)!);
  }

  /**
   * The store of a task, as of the batches that stand; undefined for a node that keeps nothing. Throws `state-lost` if it is
   * not here, and the task does not say where it is to be read; and as `loadInitial`.
   */
  async of(node: PlanNode, task: TaskMessage, functions: NodeFunctions | undefined): Promise<BatchStore | undefined> {
    const { time, partition, partitions, keeps } = task;
    if (keeps === undefined) return undefined;
    const key = `${node.id} ${partition}`;
    const store = this.#stores.get(key)?.store ?? (await this.#create(node, task, functions));
    store.takeBack(keeps.standing);
    if (this.#initial && this.#initial.time < time) this.#initial = undefined;
    this.#stores.set(key, { node, partition, partitions, store, time, lived: keeps.lived });
    return store;
  }

  /** Writes down what the tasks of a batch have changed. Resolves when it is safe. */
  save(time: number): Promise<readonly KeptPiece[]> {
    return this.#writer!.write([...this.#stores.values()].filter((store) => store.time === time));
  }

  async #create(node: PlanNode, task: TaskMessage, functions: NodeFunctions | undefined): Promise<BatchStore> {
    const { lived, pieces } = task.keeps!;
    if (!lived) return node.kind === 'state' ? this.#begin(node, task) : this.#emptyWindow(node);
    if (!pieces) throw stateLost(node);
    const reader = new KeptReader(this.#job.state!.directory);
    try {
      if (node.kind === 'state') return StateTable.restore(node, stateEntries(reader, pieces, task));
      const window = this.#emptyWindow(node);
      restoreWindow(window, node as FoldNode, functions!.mergeCombiners!, { reader, pieces, task });
      return window;
    } finally {
      reader.close();
    }
  }

  /** All partitions of a step are begun in one batch: what it reads for the first serves the others. */
  async #begin(node: StateNode, task: TaskMessage): Promise<StateTable> {
    if (this.#initial?.time !== task.time) this.#initial = { time: task.time, byNode: new Map() };
    const { byNode } = this.#initial;
    const initial = byNode.get(node.id) ?? (await loadInitial(node, catalog.formats.load));
    byNode.set(node.id, initial);
    return StateTable.create(node, task, initial);
  }

  #emptyWindow(node: PlanNode): FoldWindow {
    if (node.kind !== 'fold') throw new Error(`${node.kind} keeps nothing`);
    return new FoldWindow(node.window!, edgeSlide(node.input, this.#job.plan.nodes, this.#slides));
  }
}

const stateLost = ({ origin }: PlanNode): StreamjobError =>
  new StreamjobError('state-lost', `what ${stepName(origin)} had kept was lost with the thread that held it`, {
    at: origin.at,
    remedy:
      'Start the job again: it begins with empty windows and states, as there is no checkpoint to read them from.',
  });
