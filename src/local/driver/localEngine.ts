import { availableParallelism } from 'node:os';
import { StreamjobError } from '../../base/errors.ts';
import { catalog } from '../../catalog/index.ts';
import type { BatchPlan } from '../../component/rdds.ts';
import type { Split } from '../../component/source.ts';
import { isStored } from '../../engine/blockFile.ts';
import type { Batch, BatchResult, Engine, EngineEvents, EngineJob, Remembered } from '../../engine/engine.ts';
import { defaultSettings, type JobSettings } from '../../plan/jobSettings.ts';
import { keepersOf } from '../../plan/kept.ts';
import type { NodeId, Plan } from '../../plan/plan.ts';
import { type Stage, stagesOf } from '../../plan/stages.ts';
import type { FromWorker, OpenMessage, TaskSplit } from '../wire/messages.ts';
import { SlabPool } from '../wire/slabs.ts';
import { BatchRun, type BatchRunOptions } from './batchRun.ts';
import { ChangesLost, KeptStates } from './keptStates.ts';
import { PlanVariants } from './planVariants.ts';
import { RawWindows } from './rawWindows.ts';
import { Receivers } from './receivers.ts';
import { SinkStates } from './sinkStates.ts';
import { Standing } from './standing.ts';
import { ThreadPool } from './threadPool.ts';

type Options = Pick<
  JobSettings,
  'threads' | 'memoryLimit' | 'workerHeap' | 'blockInterval' | 'taskRetries' | 'taskTimeout'
>;

const sameSettings = ['memoryLimit', 'workerHeap', 'blockInterval', 'taskRetries', 'taskTimeout'] as const;

const parallelismOf = ({ threads }: Pick<Options, 'threads'>): number =>
  threads === 'auto' ? availableParallelism() : threads;

/**
 * The multi-threaded engine of this process. The driver thread plans and hands out work, and never touches records: they
 * exist only inside the tasks that worker threads run.
 */
export class LocalEngine implements Engine {
  readonly parallelism: number;
  readonly #options: Options;
  readonly #memory: SlabPool;
  readonly #threads: ThreadPool;
  readonly #receivers: Receivers;
  /** The blocks of each batch that is not yet forgotten. */
  readonly #used = new Map<number, readonly number[]>();
  #plan: Plan | undefined;
  #events: EngineEvents | undefined;
  /** Where received data is kept. */
  #blocks: string | undefined;
  #stages: readonly Stage[] = [];
  #variants: PlanVariants;
  /** Settled when nothing runs aside. */
  #aside: Promise<unknown> = Promise.resolve();
  #windows: RawWindows | undefined;
  #sinks = new SinkStates();
  #standing = new Standing();
  #closed = false;
  #kept: KeptStates | undefined;

  /** The threads start at once, so that they load while the job is still being read. */
  constructor(options: Partial<Options> = {}) {
    this.#options = { ...defaultSettings, ...options };
    const { memoryLimit, workerHeap, taskTimeout } = this.#options;
    this.parallelism = parallelismOf(this.#options);
    this.#memory = SlabPool.create(memoryLimit);
    const shared = { memory: this.#memory, workerHeap, taskTimeout };
    this.#threads = new ThreadPool(this.parallelism, { ...shared, heard: (message) => this.#hear(message) });
    this.#receivers = new Receivers(shared);
    this.#variants = this.#noVariants();
  }

  /** True if it was made with settings that come to the same. */
  suits(settings: Options): boolean {
    const mine = this.#options;
    return parallelismOf(settings) === this.parallelism && sameSettings.every((name) => settings[name] === mine[name]);
  }

  get broken(): boolean {
    return this.#threads.broken;
  }

  async open({ plan, configs, events, blocks, state, strict = false }: EngineJob): Promise<void> {
    this.#plan = plan;
    this.#events = events;
    this.#sinks = new SinkStates(events.sink);
    this.#blocks = blocks;
    this.#stages = stagesOf(plan);
    this.#windows = new RawWindows(plan, this.#memory, this.parallelism);
    const { blockInterval } = this.#options;
    if (state && keepersOf(plan).length > 0) this.#kept = new KeptStates(state, plan, this.#threads, this.#windows);
    const directories = {
      ...(blocks && { blocks }),
      ...(state && { state: { directory: state.directory, run: state.run } }),
    };
    const job: OpenMessage = { type: 'open', plan, configs, strict, blockInterval, ...directories };
    const receives = await hasReceivers(plan);
    if (this.#closed) throw new StreamjobError('worker-died', 'the engine was closed');
    const receiving = receives ? this.#receivers.open(job, events) : undefined;
    await Promise.all([this.#threads.open(job), receiving, this.#kept?.open(this.#standing, events.log)]);
  }

  async receive(): Promise<void> {
    this.#receivers.start();
  }

  limit(source: NodeId, bytesPerSecond: number | undefined): void {
    this.#receivers.limit(source, bytesPerSecond);
  }

  stopReceiving(): Promise<void> {
    return this.#receivers.stop();
  }

  async runBatch(batch: Batch): Promise<BatchResult> {
    this.#used.set(batch.time, blocksOf(batch));
    try {
      const { expanded } = batch;
      const ready = expanded ? this.#variants.ready(expanded, this.#plan!.nodes) : undefined;
      const running = this.#runAgain({
        ...(ready ?? { plan: this.#plan!, stages: this.#stages }),
        batch,
        threads: this.#threads,
        memory: this.#memory,
        windows: this.#windows!,
        standing: this.#standing,
        kept: this.#kept,
        taskRetries: this.#options.taskRetries,
        taskSplit: (split) => this.#taskSplit(split),
        measured: (figures) => this.#events?.stage?.(batch.time, figures),
      });
      return await this.#sinks.during(running);
    } finally {
      this.#receivers.freed();
    }
  }

  /** A batch whose changes were lost with a thread is run as a whole again. */
  async #runAgain(options: BatchRunOptions): Promise<BatchResult> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await new BatchRun(options).run();
      } catch (thrown) {
        if (!(thrown instanceof ChangesLost)) throw thrown;
        if (attempt >= options.taskRetries) throw thrown.reason;
        this.#events?.log('warn', `Running the batch again: ${thrown.reason.message}`);
      }
    }
  }

  /** They share the threads with nothing, so one at a time is enough. */
  runAside(plan: BatchPlan, time: number): Promise<BatchResult> {
    const run = this.#aside.then(() => this.#runAside(plan, time));
    this.#aside = run.catch(() => undefined);
    return run;
  }

  #runAside(plan: BatchPlan, time: number): Promise<BatchResult> {
    const ready = this.#variants.ready(plan, []);
    return new BatchRun({
      ...ready,
      batch: { time, zeroTime: time - ready.plan.batchInterval, inputs: plan.inputs },
      threads: this.#threads,
      memory: this.#memory,
      windows: new RawWindows(ready.plan, this.#memory, this.parallelism),
      standing: new Standing(),
      taskRetries: this.#options.taskRetries,
      taskSplit: (split) => this.#taskSplit(split),
    }).run();
  }

  remembered(window: NodeId, from: number, to: number): readonly Remembered[] {
    return this.#windows?.between(window, from, Math.min(to, this.#standing.time)) ?? [];
  }

  forget(time: number, done: boolean): void {
    this.#standing.over(time, done);
    for (const id of this.#used.get(time) ?? []) this.#receivers.forget(id);
    this.#used.delete(time);
    this.#receivers.freed();
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([this.#threads.close(), this.#receivers.close()]);
    await this.#drop();
  }

  /** Closes the job, of which no batch may be running, but not the threads: another job can be opened on them. */
  async leave(): Promise<void> {
    await Promise.all([this.#aside, this.#receivers.close()]);
    await this.#drop();
    this.#standing = new Standing();
    this.#variants = this.#noVariants();
  }

  /** Drops what the job kept. */
  async #drop(): Promise<void> {
    await this.#kept?.close();
    this.#kept = undefined;
    this.#windows?.close();
    this.#used.clear();
  }

  #noVariants(): PlanVariants {
    return new PlanVariants((message) => this.#threads.tell(message));
  }

  #hear(message: FromWorker): void {
    if (message.type === 'log') this.#events?.log(message.level, message.message);
    if (message.type === 'sinkWaits') this.#sinks.hear(message);
  }

  #taskSplit(split: Split): TaskSplit {
    if (typeof split.block === 'number') return { block: this.#receivers.block(split.block) };
    return isStored(split) && this.#blocks ? { stored: split, root: this.#blocks } : { split };
  }
}

function blocksOf(batch: Batch): readonly number[] {
  const splits = [...batch.inputs.values()].flat(2);
  return splits.map((split) => split.block).filter((block) => typeof block === 'number');
}

async function hasReceivers(plan: Plan): Promise<boolean> {
  const sources = plan.nodes.filter((node) => node.kind === 'source');
  const definitions = await Promise.all(sources.map((node) => catalog.sources.load(node.origin.component)));
  return definitions.some((definition) => definition.receiver !== undefined);
}
