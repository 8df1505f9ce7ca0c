import type { StageFigures } from '../../engine/stageFigures.ts';
import type { NodeId } from '../../plan/plan.ts';
import { stageName } from '../../plan/stageName.ts';
import type { Stage } from '../../plan/stages.ts';
import type { TaskDone } from '../wire/messages.ts';

/** Adds up what the tasks of one stage did in one attempt at a batch. */
export class StageMeter {
  readonly #stage: Stage;
  readonly #batchBegin: number;
  readonly #begin = performance.now();
  readonly #out = new Map<NodeId, number>();
  #tasks = 0;
  #succeeded = 0;
  #taskTime = 0;
  #slowest = 0;
  #recordsIn = 0;
  #keys: number | undefined;

  /** `batchBegin`: when the batch began, by `performance.now()`. */
  constructor(stage: Stage, batchBegin: number) {
    this.#stage = stage;
    this.#batchBegin = batchBegin;
  }

  /** Measures a task. */
  async task(run: () => Promise<TaskDone>): Promise<TaskDone> {
    const begin = performance.now();
    this.#tasks++;
    try {
      const done = await run();
      this.#add(done);
      return done;
    } finally {
      const took = performance.now() - begin;
      this.#taskTime += took;
      this.#slowest = Math.max(this.#slowest, took);
    }
  }

  figures(): StageFigures {
    return {
      root: this.#stage.root.id,
      name: stageName(this.#stage),
      tasks: this.#tasks,
      succeeded: this.#succeeded,
      begin: this.#begin - this.#batchBegin,
      duration: performance.now() - this.#begin,
      taskTime: this.#taskTime,
      slowestTask: this.#slowest,
      recordsIn: this.#recordsIn,
      recordsOut: [...this.#out].map(([node, records]) => ({ node, records })),
      ...(this.#keys !== undefined && { keys: this.#keys }),
    };
  }

  #add({ recordsIn, recordsOut, keys }: TaskDone): void {
    this.#succeeded++;
    this.#recordsIn += recordsIn;
    if (keys !== undefined) this.#keys = (this.#keys ?? 0) + keys;
    for (const [i, records] of recordsOut.entries()) {
      const { node } = this.#stage.leaves[i]!;
      this.#out.set(node.id, (this.#out.get(node.id) ?? 0) + records);
    }
  }
}
