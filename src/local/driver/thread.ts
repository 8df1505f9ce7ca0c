import { Worker } from 'node:worker_threads';
import { type Deferred, deferred } from '../../base/deferred.ts';
import { StreamjobError } from '../../base/errors.ts';
import { fromWire } from '../wire/errors.ts';
import type { FromWorker, OpenMessage, TaskDone, TaskMessage, ToWorker, WorkerData } from '../wire/messages.ts';
import type { SlabPool } from '../wire/slabs.ts';

/** A worker thread as the driver sees it. It runs one task at a time. */
export class Thread {
  readonly owner: number;
  readonly #worker: Worker;
  readonly #exited = deferred();
  #opening: Deferred<void> | undefined;
  #task: Deferred<TaskDone> | undefined;
  #open = false;
  #closing = false;
  #cause: unknown;

  /** `heard` gets what is not an answer; `died` is called once if the thread ends without having been asked to. */
  constructor(
    role: WorkerData['role'],
    pool: SlabPool,
    on: { heard(message: FromWorker): void; died(thread: Thread): void },
  ) {
    this.owner = ++owners;
    const workerData: WorkerData = { role, owner: this.owner, pool: pool.shared };
    this.#worker = new Worker(new URL('../worker/entry.js', import.meta.url), {
      workerData,
      name: `streamjob ${role}`,
    });
    this.#worker.on('message', (message: FromWorker) => this.#answer(message) || on.heard(message));
    this.#worker.on('error', (error) => {
      this.#cause = error;
    });
    this.#worker.on('exit', (code) => {
      this.#exited.resolve();
      if (this.#closing) return;
      this.#fail(code);
      on.died(this);
    });
  }

  /** Rejects with what is wrong with the job, or `worker-died`. */
  open(job: OpenMessage): Promise<void> {
    this.#opening = deferred();
    this.say(job);
    return this.#opening.promise;
  }

  /** True if it can be given a task. */
  get idle(): boolean {
    return this.#open && this.#task === undefined;
  }

  run(task: TaskMessage): Promise<TaskDone> {
    this.#task = deferred();
    this.say(task);
    return this.#task.promise;
  }

  say(message: ToWorker): void {
    this.#worker.postMessage(message);
  }

  async close(): Promise<void> {
    this.#closing = true;
    await this.#worker.terminate();
    await this.#exited.promise;
  }

  /** True if the message was what somebody waited for. */
  #answer(message: FromWorker): boolean {
    switch (message.type) {
      case 'ready':
        this.#open = true;
        this.#opening?.resolve();
        return true;
      case 'failedToOpen':
        this.#opening?.reject(fromWire(message.error));
        return true;
      case 'taskDone':
        this.#endTask()?.resolve(message);
        return true;
      case 'taskFailed':
        this.#endTask()?.reject(fromWire(message.error));
        return true;
      default:
        return false;
    }
  }

  #endTask(): Deferred<TaskDone> | undefined {
    const task = this.#task;
    this.#task = undefined;
    return task;
  }

  #fail(code: number): void {
    this.#open = false;
    const why = this.#cause instanceof Error ? this.#cause.message : `exit code ${code}`;
    const error = new StreamjobError('worker-died', `A worker thread ended unexpectedly: ${why}`, {
      cause: this.#cause,
    });
    this.#opening?.reject(error);
    this.#endTask()?.reject(error);
  }
}

let owners = 0;
