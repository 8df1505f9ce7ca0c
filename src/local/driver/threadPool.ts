import { type Deferred, deferred } from '../../base/deferred.ts';
import { StreamjobError } from '../../base/errors.ts';
import type { KeptPiece } from '../../engine/keptPiece.ts';
import type { ForgetPlan, OpenMessage, PlanMessage, SaveMessage, TaskDone, TaskMessage } from '../wire/messages.ts';
import { Thread, type ThreadOptions } from './thread.ts';

interface Waiting {
  readonly task: TaskMessage;
  readonly result: Deferred<TaskDone>;
}

export type PoolOptions = Pick<ThreadOptions, 'memory' | 'workerHeap' | 'taskTimeout' | 'heard'>;

/**
 * The threads that run tasks. A task that must be in a certain place goes to the thread of that number, others to
 * whichever is free first. A thread that dies takes its task with it and is replaced.
 */
export class ThreadPool {
  readonly #options: PoolOptions;
  readonly #threads: Thread[];
  readonly #pinned: Waiting[][];
  #shared: Waiting[] = [];
  #job: OpenMessage | undefined;
  readonly #plans = new Map<number, PlanMessage>();
  #closing = false;
  /** Why no thread could take the place of a dead one. */
  #broken: { readonly error: unknown } | undefined;

  /** Starts the threads at once, so that they load while the job is still being read. */
  constructor(size: number, options: PoolOptions) {
    this.#options = options;
    this.#threads = Array.from({ length: size }, (_, place) => this.#start(place));
    this.#pinned = this.#threads.map(() => []);
  }

  get size(): number {
    return this.#threads.length;
  }

  /** No thread could take the place of a dead one, and nothing runs any more. */
  get broken(): boolean {
    return this.#broken !== undefined;
  }

  /** Opened again, the threads forget the job before. */
  async open(job: OpenMessage): Promise<void> {
    this.#job = job;
    this.#plans.clear();
    await Promise.all(this.#threads.map((thread) => thread.open(job)));
  }

  /** Tells all threads, also those that start later. */
  tell(message: PlanMessage | ForgetPlan): void {
    if (message.type === 'plan') this.#plans.set(message.id, message);
    else this.#plans.delete(message.id);
    for (const thread of this.#threads) thread.say(message);
  }

  /** Rejects with the task's error, or why its thread died. `place` counts modulo the number of threads. */
  run(task: TaskMessage, place?: number): Promise<TaskDone> {
    if (this.#broken) return Promise.reject(this.#broken.error);
    const waiting: Waiting = { task, result: deferred() };
    (place === undefined ? this.#shared : this.#pinned[place % this.size]!).push(waiting);
    this.#dispatch();
    return waiting.result.promise;
  }

  /**
   * Has the thread of a place write down what its tasks have changed, while no task runs. Undefined if it is not the thread any more that
   * had this number as owner of slabs. Rejects with what is wrong, or why the thread died.
   */
  async save(message: SaveMessage, place: number, owner: number): Promise<readonly KeptPiece[] | undefined> {
    const thread = this.#threads[place % this.size]!;
    return thread.owner === owner ? thread.save(message) : undefined;
  }

  /** Drops what has not begun. */
  cancel(reason: unknown): void {
    const waiting = [...this.#shared, ...this.#pinned.flat()];
    this.#shared = [];
    for (const list of this.#pinned) list.length = 0;
    for (const { result } of waiting) result.reject(reason);
  }

  async close(): Promise<void> {
    this.#closing = true;
    this.cancel(new StreamjobError('worker-died', 'the engine was closed'));
    await Promise.all(this.#threads.map((thread) => thread.close()));
  }

  #start(place: number): Thread {
    return new Thread({
      ...this.#options,
      role: 'tasks',
      died: (thread) => void this.#replace(place, thread),
    });
  }

  #dispatch(): void {
    for (const [place, thread] of this.#threads.entries()) {
      if (!thread.idle) continue;
      const next = this.#pinned[place]!.shift() ?? this.#shared.shift();
      if (next) void this.#runOn(thread, next);
    }
  }

  async #runOn(thread: Thread, { task, result }: Waiting): Promise<void> {
    try {
      const done = await thread.run(task);
      this.#options.memory.disown(done.slabs);
      result.resolve(done);
    } catch (thrown) {
      result.reject(thrown);
    }
    this.#dispatch();
  }

  /** What the dead thread had allocated goes back: nobody has seen it, since its task never ended. */
  async #replace(place: number, dead: Thread): Promise<void> {
    this.#options.memory.releaseOwned(dead.owner);
    if (this.#closing || this.#broken || !this.#job) return;
    const thread = this.#start(place);
    this.#threads[place] = thread;
    const opened = thread.open(this.#job);
    for (const plan of this.#plans.values()) thread.say(plan);
    await opened.catch((error: unknown) => {
      this.#broken = { error };
      this.cancel(error);
    });
    this.#dispatch();
  }
}
