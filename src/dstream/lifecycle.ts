import { type Deferred, deferred } from '../base/deferred.ts';
import { StreamjobError } from '../base/errors.ts';

export type ContextState = 'INITIALIZED' | 'ACTIVE' | 'STOPPED';

/** A job that runs. */
export interface StartedJob {
  /** Rejects with the error that ended the job. */
  readonly done: Promise<void>;
  /** Processes what has arrived, then ends. */
  stop(): Promise<void>;
  /** Ends at once. */
  abort(): Promise<void>;
  /** What a stream gave in its batches from `from` to `to`: for each partition whole records in the wire format. */
  slice(stream: string, from: number, to: number): readonly { readonly partitions: readonly Uint8Array[] }[];
}

/** The one life of this process that is active. */
let active: Lifecycle<unknown> | undefined;

export const activeOwner = (): unknown => active?.owner;

/** Spark's life cycle of a context: INITIALIZED, ACTIVE, STOPPED, one way, and one active at a time in a process. */
export class Lifecycle<Owner> {
  readonly owner: Owner;
  readonly #terminated: Deferred<void> = deferred();
  #state: ContextState = 'INITIALIZED';
  #starting: Promise<void> | undefined;
  #job: StartedJob | undefined;

  constructor(owner: Owner) {
    this.owner = owner;
    // Whoever waits gets the error; nobody has to wait.
    this.#terminated.promise.catch(() => undefined);
  }

  get state(): ContextState {
    return this.#state;
  }

  /** Once it runs. */
  get job(): StartedJob | undefined {
    return this.#job;
  }

  get terminated(): Promise<void> {
    return this.#terminated.promise;
  }

  /** True when it has ended, false after `ms` milliseconds; rejects as `terminated`. */
  async terminatedWithin(ms: number): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<boolean>((resolve) => {
      timer = setTimeout(resolve, ms, false);
    });
    try {
      return await Promise.race([this.terminated.then(() => true), timeout]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** What a job consists of is settled once it was started. */
  requireInitialized(): void {
    if (this.#state === 'INITIALIZED') return;
    const done = this.#state === 'ACTIVE' ? 'starting' : 'stopping';
    const message = `Adding new inputs, transformations, and output operations after ${done} a context is not supported`;
    throw badContext(message, 'Put the whole job together before start().');
  }

  /** Starting what is active already does nothing. A `launch` that fails ends the life. */
  async start(launch: () => Promise<StartedJob>): Promise<void> {
    if (this.#state === 'STOPPED') throw badContext('StreamingContext has already been stopped', 'Make a new context.');
    if (this.#state === 'INITIALIZED') {
      if (active)
        throw badContext('Only one StreamingContext may be started in this process', 'Stop the other one first.');
      active = this;
      this.#state = 'ACTIVE';
      this.#starting = this.#launch(launch);
    }
    await this.#starting;
  }

  async stop({ graceful }: { readonly graceful: boolean }): Promise<void> {
    if (this.#state === 'INITIALIZED') this.#end(() => this.#terminated.resolve());
    await this.#starting?.catch(() => undefined);
    await (graceful ? this.#job?.stop() : this.#job?.abort());
    await this.terminated.catch(() => undefined);
  }

  async #launch(launch: () => Promise<StartedJob>): Promise<void> {
    const fail = (error: unknown) => this.#end(() => this.#terminated.reject(error));
    try {
      this.#job = await launch();
    } catch (error) {
      fail(error);
      throw error;
    }
    this.#job.done.then(() => this.#end(() => this.#terminated.resolve()), fail);
  }

  #end(settle: () => void): void {
    this.#state = 'STOPPED';
    if (active === this) active = undefined;
    settle();
  }
}

export const badContext = (message: string, remedy: string): StreamjobError =>
  new StreamjobError('bad-context', `${message}.`, { remedy });
