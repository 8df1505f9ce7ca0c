import { Worker } from 'node:worker_threads';
import { countDown } from '../../base/countDown.ts';
import { type Deferred, deferred } from '../../base/deferred.ts';
import { formatDuration } from '../../base/duration.ts';
import { StreamjobError } from '../../base/errors.ts';
import type { KeptPiece } from '../../engine/keptPiece.ts';
import { fromWire } from '../wire/errors.ts';
import type {
  FromWorker,
  OpenMessage,
  SaveMessage,
  TaskDone,
  TaskMessage,
  ToWorker,
  WorkerData,
} from '../wire/messages.ts';
import type { SlabPool } from '../wire/slabs.ts';
import { endProcess } from './endProcess.ts';
import { causeOfDeath } from './threadDeath.ts';

export interface ThreadOptions {
  readonly role: WorkerData['role'];
  readonly memory: SlabPool;
  /** Bytes of JavaScript memory beyond which a task fails; V8 ends the thread at twice as much. */
  readonly workerHeap: number;
  /** Milliseconds that a task, or getting ready, may take. */
  readonly taskTimeout: number;
  /** Gets what is not an answer. */
  heard(message: FromWorker): void;
  /** Called once if the thread ends without having been closed. */
  died(thread: Thread, error: StreamjobError): void;
}

/** A thread that is still there so long after it was to end hangs in a system call. */
const patience = 5_000;

/** A thread may take so long to get ready, however short tasks are. */
const loadingTime = 60_000;

/** A worker thread as the driver sees it. It runs one task at a time. */
export class Thread {
  readonly owner: number;
  readonly #options: ThreadOptions;
  readonly #worker: Worker;
  readonly #exited = deferred();
  /** Records that the task that runs has read so far, and a number that grows while its sinks wait for others. */
  readonly #progress = new Int32Array(new SharedArrayBuffer(8));
  #opening: Deferred<void> | undefined;
  #task: Deferred<TaskDone> | undefined;
  #saving: Deferred<readonly KeptPiece[]> | undefined;
  #endLimit: () => void = () => undefined;
  #open = false;
  #closing = false;
  #cause: unknown;

  constructor(options: ThreadOptions) {
    this.#options = options;
    this.owner = ++owners;
    this.#worker = this.#start();
    this.#worker.on('message', (message: FromWorker) => this.#answer(message) || options.heard(message));
    this.#worker.on('error', (error) => {
      this.#cause ??= error;
    });
    this.#worker.on('exit', (code) => this.#exit(code));
  }

  #start(): Worker {
    const { role, memory, workerHeap } = this.#options;
    const progress = this.#progress.buffer as SharedArrayBuffer;
    const workerData: WorkerData = { role, owner: this.owner, pool: memory.shared, progress, workerHeap };
    return new Worker(new URL('../worker/entry.js', import.meta.url), {
      workerData,
      name: `streamjob ${role}`,
      resourceLimits: { maxOldGenerationSizeMb: Math.ceil((2 * workerHeap) / 2 ** 20) },
    });
  }

  /** Rejects with what is wrong with the job, or why the thread died. */
  open(job: OpenMessage): Promise<void> {
    this.#opening = deferred();
    this.#limitTime(Math.max(this.#options.taskTimeout, loadingTime), 'to load the functions of the job');
    this.say(job);
    return this.#opening.promise;
  }

  /** True if it can be given a task. */
  get idle(): boolean {
    return this.#open && this.#task === undefined;
  }

  /** Rejects with the task's error, or why the thread died. */
  run(task: TaskMessage): Promise<TaskDone> {
    this.#task = deferred();
    this.#progress[0] = 0;
    this.#limitTime(this.#options.taskTimeout, 'for a task');
    this.say(task);
    return this.#task.promise;
  }

  /** Has the thread write down what the tasks of a batch have changed. Rejects with what is wrong, or why the thread died. */
  save(message: SaveMessage): Promise<readonly KeptPiece[]> {
    this.#saving = deferred();
    this.#limitTime(Math.max(this.#options.taskTimeout, loadingTime), 'to write down what windows and states keep');
    this.say(message);
    return this.#saving.promise;
  }

  say(message: ToWorker): void {
    this.#worker.postMessage(message);
  }

  async close(): Promise<void> {
    this.#closing = true;
    this.#end();
    await this.#exited.promise;
  }

  /** True if the message was what somebody waited for. */
  #answer(message: FromWorker): boolean {
    switch (message.type) {
      case 'ready':
        this.#endLimit();
        this.#open = true;
        this.#opening?.resolve();
        return true;
      case 'failedToOpen':
        this.#endLimit();
        this.#opening?.reject(fromWire(message.error));
        return true;
      case 'taskDone':
        this.#endTask()?.resolve(message);
        return true;
      case 'taskFailed':
        this.#endTask()?.reject(fromWire(message.error));
        return true;
      case 'saved':
        this.#endSaving()?.resolve(message.pieces);
        return true;
      case 'failedToSave':
        this.#endSaving()?.reject(fromWire(message.error));
        return true;
      default:
        return false;
    }
  }

  #endSaving(): Deferred<readonly KeptPiece[]> | undefined {
    this.#endLimit();
    const saving = this.#saving;
    this.#saving = undefined;
    return saving;
  }

  /** Time in which sinks wait for others does not count: they have limits of their own. */
  #limitTime(ms: number, what: string): void {
    const waited = Atomics.load(this.#progress, 1);
    const look = (): void => {
      if (Atomics.load(this.#progress, 1) === waited) this.#endLate(`${formatDuration(ms)} ${what}`);
      else this.#limitTime(ms, what);
    };
    this.#endLimit = countDown(ms, look);
  }

  #endLate(than: string): void {
    const message = `took longer than ${than} (settings.taskTimeout)${this.#recordsRead()}`;
    this.#cause = new StreamjobError('task-timeout', message, {
      remedy:
        'Look for an endless loop or a regular expression that backtracks without end, or raise settings.taskTimeout.',
    });
    this.#end();
  }

  #recordsRead(): string {
    const records = Atomics.load(this.#progress, 0);
    return records > 0 ? `, ${records} records had been read` : '';
  }

  #endTask(): Deferred<TaskDone> | undefined {
    this.#endLimit();
    const task = this.#task;
    this.#task = undefined;
    return task;
  }

  #end(): void {
    const endPatience = countDown(patience, () => endProcess(stuckThread));
    void this.#exited.promise.then(endPatience);
    void this.#worker.terminate();
  }

  #exit(code: number): void {
    this.#open = false;
    this.#endLimit();
    this.#exited.resolve();
    if (this.#closing) return;
    const error = causeOfDeath(this.#cause, code, this.#options.workerHeap, this.#recordsRead());
    this.#opening?.reject(error);
    this.#endTask()?.reject(error);
    this.#endSaving()?.reject(error);
    this.#options.died(this, error);
  }
}

const stuckThread = `streamjob: A worker thread does not end: a function of the job is blocked in a system call, such as a child process that it waits for or the read of a pipe. The process ends itself, since nothing else can free it.`;

let owners = 0;
