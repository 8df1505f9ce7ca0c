import type { NodeId } from '../../plan/plan.ts';
import type { Keeping } from '../wire/messages.ts';

/** Up to which batch the changes of windows and states stand, and on which nodes there have been any. */
export class Standing {
  readonly #lived = new Set<NodeId>();
  /** Since the batch that stands. */
  readonly #touched = new Set<NodeId>();
  #time = Number.NEGATIVE_INFINITY;

  get time(): number {
    return this.#time;
  }

  /** An earlier run has left something of the batch of this time, of a node if the plan still has it. */
  left(node: NodeId | undefined, time: number): void {
    if (node !== undefined) this.#lived.add(node);
    this.#time = Math.max(this.#time, time);
  }

  /** For a task of a stage that begins at such a node. */
  of(node: NodeId): Keeping {
    this.#touched.add(node);
    return { standing: this.#time, lived: this.#lived.has(node) };
  }

  /** The batch is over; if it is not `done`, its changes will be taken back. */
  over(time: number, done: boolean): void {
    if (done) {
      this.#time = time;
      for (const node of this.#touched) this.#lived.add(node);
    }
    this.#touched.clear();
  }
}
