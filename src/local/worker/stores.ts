import { StreamjobError } from '../../base/errors.ts';
import { edgeSlide, type Plan, type PlanNode, slidesOf, stepName } from '../../plan/plan.ts';
import type { TaskMessage } from '../wire/messages.ts';
import { FoldWindow } from './foldWindow.ts';
import { StateTable } from './stateTable.ts';

/** What a partition of a stateful node keeps from batch to batch. Only the changes of the newest batch may be taken back. */
export interface BatchStore {
  /** Drops what a batch after `time` has changed: it is run again, or was given up. */
  takeBack(time: number): void;
}

/**
 * The windows and states that live on this thread. A partition is always run here, so they are never copied. No message
 * says that a batch has failed or is done: every task says which batches stand, and what is newer is taken back first.
 */
export class Stores {
  readonly #plan: Plan;
  readonly #slides: readonly number[];
  readonly #stores = new Map<string, BatchStore>();

  constructor(plan: Plan) {
    this.#plan = plan;
    this.#slides = slidesOf(plan);
  }

  /** The store of a task, as of the batches that stand; undefined for a node that keeps nothing. Throws `state-lost`. */
  of(node: PlanNode, { time, partition, partitions, keeps }: TaskMessage): BatchStore | undefined {
    if (keeps === undefined) return undefined;
    const key = `${node.id} ${partition}`;
    const known = this.#stores.get(key);
    known?.takeBack(keeps.standing);
    if (known) return known;
    if (keeps.lived) throw stateLost(node);
    const store = this.#create(node, time, partition, partitions);
    this.#stores.set(key, store);
    return store;
  }

  #create(node: PlanNode, time: number, partition: number, partitions: number): BatchStore {
    if (node.kind === 'fold')
      return new FoldWindow(node.window!, edgeSlide(node.input, this.#plan.nodes, this.#slides));
    if (node.kind === 'state') return StateTable.create(node, { time, partition, partitions });
    throw new Error(`${node.kind} keeps nothing`);
  }
}

const stateLost = ({ origin }: PlanNode): StreamjobError =>
  new StreamjobError('state-lost', `what ${stepName(origin)} had kept was lost with the thread that held it`, {
    at: origin.at,
    remedy:
      'Start the job again: it begins with empty windows and states, as there is no checkpoint to read them from.',
  });
