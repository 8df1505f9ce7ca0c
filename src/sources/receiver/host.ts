import { setTimeout as sleep } from 'node:timers/promises';
import { formatDuration } from '../../base/duration.ts';
import { messageOf, StreamjobError } from '../../base/errors.ts';
import type { JsonValue } from '../../base/json.ts';
import type { Receiver, ReceiverContext } from '../../component/source.ts';
import type { FunctionReference } from '../../function/reference.ts';
import type { Receiver as User } from './base.ts';
import { instantiate } from './instantiate.ts';
import { classTitle } from './title.ts';

export interface ReceiverConfig {
  readonly class: FunctionReference;
  readonly options: JsonValue;
  readonly restartDelay: number;
}

/** Runs an object of the user's class. */
export class UserReceiver implements Receiver {
  readonly #config: ReceiverConfig;
  readonly #context: ReceiverContext;
  readonly #ending = new AbortController();
  #user: User | undefined;
  #started = false;
  /** From the call of onStart to the end of onStop. */
  #takes = false;
  /** A restart or a stop that is under way. */
  #turn: Promise<void> | undefined;

  constructor(config: ReceiverConfig, context: ReceiverContext) {
    this.#config = config;
    this.#context = context;
  }

  async start(): Promise<void> {
    const UserClass = await this.#context.compile(this.#config.class);
    this.#user = instantiate(UserClass, this.#config, this.#methods());
    this.#begin();
  }

  async stop(): Promise<void> {
    this.#ending.abort();
    await this.#turn;
    await this.#end();
  }

  /** onStart is not waited for: it may receive until it is told to stop. */
  #begin(): void {
    this.#started = true;
    this.#takes = true;
    this.#context.state('active', `${classTitle(this.#config.class)} started`);
    const running = (async () => this.#user!.onStart())();
    running.catch((error: unknown) => this.#context.failed(this.#failed('onStart', error)));
  }

  async #end(): Promise<void> {
    if (!this.#started) return;
    this.#started = false;
    try {
      await this.#user!.onStop();
    } catch (error) {
      this.#context.state('idle', this.#failed('onStop', error).message);
    }
    this.#takes = false;
  }

  #methods(): Omit<User, 'onStart' | 'onStop'> {
    return {
      store: (record) => {
        this.#take([record]);
        return this.#context.drained();
      },
      storeAll: (records) => {
        this.#take([...records]);
        return this.#context.stored();
      },
      reportError: (message, error) =>
        this.#context.state(this.#started ? 'active' : 'idle', withError(message, error)),
      restart: (message, error, delay = this.#config.restartDelay) => this.#restart(withError(message, error), delay),
      stop: (message, error) => this.#inTurn(() => this.#stopItself(message, error)),
      isStarted: () => this.#started,
      isStopped: () => !this.#started,
    };
  }

  /** What cannot be taken ends the job: the user's code may be where nobody would hear of an error. */
  #take(records: readonly unknown[]): void {
    if (!this.#takes) return this.#context.state('idle', 'records that came after onStop were left out');
    try {
      this.#context.records(records);
    } catch (error) {
      this.#context.failed(error);
    }
  }

  /** While one is under way, and when the job stops, others have nothing to add. */
  #inTurn(work: () => Promise<void>, afterwards?: () => void): void {
    if (this.#turn || this.#ending.signal.aborted) return;
    this.#turn = work().then(() => {
      this.#turn = undefined;
      afterwards?.();
    });
  }

  #restart(why: string, delay: number): void {
    const { signal } = this.#ending;
    const rest = async (): Promise<void> => {
      this.#context.state('waiting', `${why}, starts again in ${formatDuration(delay)}`);
      await this.#end();
      await sleep(delay, undefined, { signal }).catch(() => undefined);
    };
    this.#inTurn(rest, () => signal.aborted || this.#begin());
  }

  async #stopItself(message: string, error: unknown): Promise<void> {
    this.#ending.abort();
    this.#context.state('idle', withError(message, error));
    await this.#end();
    if (error === undefined) this.#context.ended();
    else this.#context.failed(this.#failed(message, error));
  }

  #failed(what: string, cause: unknown): StreamjobError {
    if (cause instanceof StreamjobError) return cause;
    const message = `The receiver ${classTitle(this.#config.class)} of ${this.#context.name} failed: ${withError(what, cause)}.`;
    return new StreamjobError('source-failed', message, {
      at: this.#config.class.at,
      cause,
      remedy: 'A receiver that can mend itself calls `restart`.',
    });
  }
}

const withError = (message: string, error: unknown): string =>
  error === undefined ? message : `${message}: ${messageOf(error)}`;
