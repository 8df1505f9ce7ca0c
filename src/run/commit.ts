import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../base/clock.ts';
import { allOrFirstError } from '../base/deferred.ts';
import { messageOf, placed, StreamjobError } from '../base/errors.ts';
import { tellable } from '../base/logRecords.ts';
import type { Recovered } from '../checkpoint/journal.ts';
import type { Rdds } from '../component/rdds.ts';
import type { CommitMessage, SinkContext, SinkDefinition, SinkDriver } from '../component/sink.ts';
import type { BatchResult } from '../engine/engine.ts';
import type { NodeId, Plan, SinkNode } from '../plan/plan.ts';
import type { JobListener } from './events.ts';

export interface SinkOptions {
  readonly plan: Plan;
  readonly configs: ReadonlyMap<NodeId, unknown>;
  /** What the run before has left. */
  readonly recovered: Pick<Recovered, 'unfinished' | 'sinks'>;
  /** How many sinks are committed side by side. */
  readonly concurrency: number;
  /** How often a failed commit is tried again. */
  readonly retries: number;
  /** When aborted, no sink is asked any more. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly listener: JobListener;
  sink(name: string): Promise<SinkDefinition>;
  readonly rdds: Rdds | undefined;
  log(level: 'debug' | 'info' | 'warn', message: string): void;
}

interface Sink {
  readonly node: SinkNode;
  readonly driver: SinkDriver;
  isNothing(message: CommitMessage): boolean;
  readonly sendsInTasks: boolean;
  /** The run before had it, too. */
  readonly again: boolean;
}

const firstRetryDelay = 100;

/** The driver parts of a job's sinks, which make batches visible. */
export class Sinks {
  readonly #sinks: readonly Sink[];
  readonly #options: SinkOptions;
  /** Batches that the run before may have committed. */
  readonly #rerun: ReadonlySet<number>;

  private constructor(sinks: readonly Sink[], options: SinkOptions) {
    this.#sinks = sinks;
    this.#options = options;
    this.#rerun = new Set(options.recovered.unfinished.map(({ time }) => time));
  }

  static async load(options: SinkOptions): Promise<Sinks> {
    const { plan, configs, recovered } = options;
    const sinks: Sink[] = [];
    for (const node of plan.nodes) {
      if (node.kind !== 'sink') continue;
      const definition = await options.sink(node.origin.component);
      const config = configs.get(node.id);
      const driver = definition.driver(config, contextOf(node, options));
      const isNothing = (message: CommitMessage): boolean => definition.isNothing?.(config, message) ?? false;
      const { sendsInTasks = false } = definition;
      sinks.push({ node, driver, isNothing, sendsInTasks, again: recovered.sinks.has(node.id) });
    }
    return new Sinks(sinks, options);
  }

  async start(): Promise<void> {
    for (const { node, driver } of this.#sinks) await calling(node, async () => driver.start?.());
  }

  /** Whether a batch may be seen outside before it is committed. */
  get sendInTasks(): boolean {
    return this.#sinks.some(({ sendsInTasks }) => sendsInTasks);
  }

  /** Whether the commit of a batch will make something visible that a re-run must not contradict, or take back what an earlier run may have. */
  shows(time: number, { sinks: messages }: BatchResult): boolean {
    if (this.#rerun.has(time)) return true;
    return this.#sinks.some(({ node, isNothing }) => {
      const mine = messages.get(node.id);
      return mine !== undefined && !(mine.length > 0 && mine.every(isNothing));
    });
  }

  /**
   * Commits a batch in the sinks that are due, begun in their order. All sinks get their turn, also after one has failed: those that have
   * not been asked would be the poorer if the job goes on. Once the signal is aborted none is begun. Throws the first error.
   */
  async commit(time: number, { sinks: messages }: BatchResult): Promise<void> {
    const errors: unknown[] = [];
    await sideBySide(this.#options.concurrency, this.#sinks, async ({ node, driver, again }) => {
      const mine = messages.get(node.id);
      if (mine === undefined || this.#options.signal.aborted) return;
      const commit = () => driver.commit(time, mine, again && this.#rerun.has(time));
      const retrying = () => calling(node, () => this.#retrying(node, commit));
      await this.#told(time, node.id, retrying).catch((error: unknown) => errors.push(error));
    });
    if (errors.length > 0) throw errors[0];
  }

  async #told(batchTime: number, sink: NodeId, commit: () => Promise<void>): Promise<void> {
    const { clock, listener } = this.#options;
    const output = { batchTime, sink, startTime: clock.now() };
    listener.outputStarted?.(output);
    try {
      await commit();
      listener.outputCompleted?.({ ...output, endTime: clock.now() });
    } catch (error) {
      listener.outputCompleted?.({ ...output, endTime: clock.now(), error });
      throw error;
    }
  }

  /** What the surroundings refuse stays refused; anything else may pass. */
  async #retrying(node: SinkNode, commit: () => Promise<void>): Promise<void> {
    const { retries, signal, log } = this.#options;
    for (let attempt = 0; ; attempt++) {
      try {
        return await commit();
      } catch (error) {
        const final = error instanceof StreamjobError && !error.mayPass;
        if (final || attempt >= retries || signal.aborted) throw error;
        const delay = firstRetryDelay * 2 ** attempt;
        log('warn', `sink ${node.origin.name}: next try in ${delay} ms, as it failed: ${tellable(error)}`);
        await sleep(delay, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  /** Flushes and closes all sinks; throws the first error. */
  async stop(): Promise<void> {
    await allOrFirstError(this.#sinks.map(({ node, driver }) => calling(node, async () => driver.stop?.())));
  }
}

const contextOf = ({ origin }: SinkNode, { plan, log, rdds }: SinkOptions): SinkContext => ({
  sink: origin.name,
  job: plan.name,
  log,
  consumer: (fn) => rdds!.consumer(fn, origin),
});

/** Begins the work on the items in their order, on at most `limit` of them at a time. */
async function sideBySide<T>(limit: number, items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values();
  const worker = async () => {
    for (const item of queue) await work(item);
  };
  await Promise.all(Array.from({ length: limit }, worker));
}

/** All errors get the place of the sink, and those that are not ours its name. */
async function calling(node: SinkNode, call: () => Promise<void>): Promise<void> {
  try {
    await call();
  } catch (cause) {
    const { name, component, at } = node.origin;
    if (cause instanceof StreamjobError) throw placed(cause, at);
    throw new StreamjobError('sink-failed', `The sink ${name} (${component}) failed: ${messageOf(cause)}`, {
      at,
      cause,
      remedy: 'The batch is not done; mend the cause and start the job again.',
    });
  }
}
