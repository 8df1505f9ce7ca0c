import type { Clock } from '../base/clock.ts';
import { allOrFirstError } from '../base/deferred.ts';
import { StreamjobError } from '../base/errors.ts';
import type { Journal, Recovered } from '../checkpoint/journal.ts';
import type { LoadFormat } from '../component/format.ts';
import { needsRdds, type RddOptions, type Rdds } from '../component/rdds.ts';
import type { SinkDefinition } from '../component/sink.ts';
import type { SourceDefinition } from '../component/source.ts';
import type { Engine, EngineEvents, Remembered } from '../engine/engine.ts';
import type { Insight, TapOptions } from '../observe/insight.ts';
import type { JobSettings } from '../plan/jobSettings.ts';
import { type NodeId, type Plan, slidesOf } from '../plan/plan.ts';
import { BatchQueue, type Submitted } from './batches.ts';
import { Sinks } from './commit.ts';
import { engineEvents } from './engineEvents.ts';
import { type JobListener, toAll } from './events.ts';
import { executeBatch } from './execute.ts';
import { BatchGenerator, type RunMode } from './generator.ts';
import { Inputs } from './inputs.ts';
import { oneCallAtATime } from './journalCalls.ts';
import { sliceOf } from './remembered.ts';
import { Ending } from './stop.ts';
import { type NamedStreams, Taps } from './taps.ts';
import { Throttle } from './throttle.ts';
import { Ticks } from './ticks.ts';

export interface JobOptions {
  readonly plan: Plan;
  /** What `tap` and `slice` can be asked for, by name. */
  readonly streams?: NamedStreams;
  /** Config of each source and sink with `${NAME}` resolved and settings in their final types. */
  readonly configs: ReadonlyMap<NodeId, unknown>;
  readonly settings: JobSettings;
  readonly engine: Engine;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly mode?: RunMode;
  /** For `streamjob test`: see EngineJob. */
  readonly strict?: boolean;
  readonly listener?: JobListener;
  /** Where the driver parts of sources and sinks come from. */
  readonly components: {
    source(name: string): Promise<SourceDefinition>;
    sink(name: string): Promise<SinkDefinition>;
    readonly format: LoadFormat;
    /** For plans with transforms or foreachRDD. */
    rdds?(options: RddOptions): Promise<Rdds>;
  };
}

export interface RunningJob extends Pick<Insight, 'tap' | 'slice'> {
  /** Resolves when the job has ended and everything is closed; rejects with the error that ended it. */
  readonly done: Promise<void>;
  /**
   * Stops gracefully: receives no more, runs what has been received, flushes the sinks, within `settings.stopTimeout`.
   * Resolves when the job has ended, however it ended: `done` tells.
   */
  stop(reason?: string): Promise<void>;
  /** Ends at once: what is not done stays undone. Resolves when everything is closed; `done` then resolves too. */
  abort(): Promise<void>;
}

/** Runs a plan on an engine until it is stopped, its input ends, or it fails. Closes the engine and the journal at the end. */
export function runJob(options: JobOptions): RunningJob {
  return new Job(options);
}

class Job implements RunningJob {
  readonly done: Promise<void>;
  readonly #options: JobOptions;
  readonly #listener: JobListener;
  readonly #journal: Journal;
  readonly #ending: Ending;
  readonly #queue: BatchQueue;
  readonly #taps: Taps;
  #inputs: Inputs | undefined;
  #sinks: Sinks | undefined;
  #rdds: Rdds | undefined;
  #throttle: Throttle | undefined;
  #zeroTime: number | undefined;
  #receiving = false;
  #stoppedReceiving: Promise<void> | undefined;

  constructor(options: JobOptions) {
    this.#options = options;
    this.#listener = toAll(options.listener ? [options.listener] : []);
    this.#journal = oneCallAtATime(options.journal);
    this.#taps = new Taps(options.plan, options.streams ?? new Map());
    this.#ending = new Ending(options.clock, (reason) => this.#beginToEnd(reason));
    this.#queue = new BatchQueue((submitted) => options.clock.busy(this.#execute(submitted)));
    this.done = this.#live();
    this.done.catch(() => undefined);
  }

  async stop(reason = 'asked to stop'): Promise<void> {
    this.#ending.begin({ reason });
    this.#ending.limit(this.#options.settings.stopTimeout);
    await this.done.catch(() => undefined);
  }

  async abort(): Promise<void> {
    this.#ending.abort();
    await this.done.catch(() => undefined);
  }

  tap(options: TapOptions): () => void {
    return this.#taps.open(options);
  }

  slice(stream: string, from: number, to: number): readonly Remembered[] {
    const { plan, streams = new Map(), engine } = this.#options;
    return sliceOf({ plan, streams, engine, zeroTime: this.#zeroTime }, stream, from, to);
  }

  async #live(): Promise<void> {
    let failure: { readonly error: unknown } | undefined;
    await this.#ending.bound(this.#run()).catch((error: unknown) => {
      failure = { error };
    });
    const closing = await this.#options.clock.busy(this.#close());
    if (failure) throw failure.error;
    if (closing) throw closing.error;
  }

  async #run(): Promise<void> {
    const { clock } = this.#options;
    const recovered = await clock.busy(this.#open());
    this.#rerun(recovered);
    const generator = this.#startGenerator(recovered);
    await clock.busy(this.#receive());
    await generator.run();
    await clock.busy(this.#drain(generator));
  }

  /** A source that is being asked need not be waited for, unless it is to be asked once more. */
  #beginToEnd(reason: string): void {
    this.#listener.stopping?.({ reason });
    if (!this.#ending.list) this.#inputs?.stop().catch(() => undefined);
  }

  /** The journal comes first: it may be held by another process, and then nothing may be touched. */
  async #open(): Promise<Recovered> {
    const { configs, engine, mode, plan, strict } = this.#options;
    const recovered = await this.#journal.open(plan);
    await this.#loadComponents(recovered);
    this.#ending.cut.throwIfAborted();
    const inputs = this.#inputs!;
    inputs.restore(recovered);
    const hearers = { plan, inputs, taps: this.#taps, ending: this.#ending, listener: this.#listener };
    const events = engineEvents({ ...hearers, once: mode?.once ?? false });
    const { blocksDirectory: blocks, state } = recovered;
    const kept = { ...(blocks && { blocks }), ...(state && { state }) };
    await allOrFirstError([
      engine.open({ plan, configs, events, ...(strict !== undefined && { strict }), ...kept }),
      this.#sinks!.start(),
      inputs.start(),
    ]);
    return recovered;
  }

  async #loadComponents(recovered: Recovered): Promise<void> {
    const { plan, configs, components, engine, settings, mode } = this.#options;
    const shared = { plan, configs, log: this.#log };
    const { source, sink, format } = components;
    this.#inputs = await Inputs.load({
      ...shared,
      source,
      loadFormat: format,
      parallelism: engine.parallelism,
      once: mode?.once ?? false,
      state: (source, state, message) => this.#listener.listing?.({ source, state, message }),
    });
    if (settings.backpressure) this.#throttle = new Throttle({ plan, engine, inputs: this.#inputs });
    const { concurrentJobs: concurrency, taskRetries: retries } = settings;
    this.#rdds = await this.#openRdds();
    this.#sinks = await Sinks.load({
      ...shared,
      clock: this.#options.clock,
      listener: this.#listener,
      rdds: this.#rdds,
      recovered,
      sink,
      concurrency,
      retries,
      signal: this.#ending.cut,
    });
  }

  async #openRdds(): Promise<Rdds | undefined> {
    const { plan, engine, components, settings } = this.#options;
    if (!needsRdds(plan)) return undefined;
    const run: RddOptions['run'] = async (aside, time) => {
      if (!engine.runAside) throw new StreamjobError('not-supported', 'The engine runs no actions on RDDs.');
      return (await engine.runAside(aside, time)).sinks;
    };
    const { taskTimeout } = settings;
    return components.rdds!({ plan, parallelism: engine.parallelism, taskTimeout, log: this.#log, run });
  }

  /** Batches that an earlier run has planned and not done come before anything else. */
  #rerun({ unfinished }: Recovered): void {
    for (const batch of unfinished) {
      const submissionTime = this.#options.clock.now();
      this.#listener.batchSubmitted?.({ batchTime: batch.time, submissionTime, inputs: batch.inputs });
      this.#queue.add({ batch: { ...batch, again: true }, submissionTime });
    }
  }

  #startGenerator({ zeroTime, lastTime }: Recovered): BatchGenerator {
    const { plan, clock, settings, mode = {} } = this.#options;
    const interval = plan.batchInterval;
    const slides = [...new Set(slidesOf(plan))].filter((slide) => slide !== interval);
    const ticks = new Ticks({ interval, now: clock.now(), zeroTime, lastTime, slides });
    this.#zeroTime = ticks.zeroTime;
    this.#listener.started?.({ zeroTime: ticks.zeroTime });
    return new BatchGenerator({
      mode,
      maxWaitingBatches: settings.maxWaitingBatches,
      clock,
      ticks,
      inputs: this.#inputs!,
      queue: this.#queue,
      journal: this.#journal,
      ending: this.#ending,
      listener: this.#listener,
      stopReceiving: () => this.#stopReceiving(),
    });
  }

  async #receive(): Promise<void> {
    if (!this.#inputs!.hasReceivers || this.#ending.begun) return;
    this.#receiving = true;
    await this.#options.engine.receive();
  }

  #stopReceiving(): Promise<void> {
    this.#stoppedReceiving ??= this.#receiving ? this.#options.engine.stopReceiving() : Promise.resolve();
    return this.#stoppedReceiving.then(() => this.#inputs!.end());
  }

  async #execute(submitted: Submitted): Promise<void> {
    const { engine, clock, settings } = this.#options;
    try {
      await executeBatch(submitted, {
        engine,
        journal: this.#journal,
        inputs: this.#inputs!,
        rdds: this.#rdds,
        sinks: this.#sinks!,
        taps: this.#taps,
        clock,
        listener: this.#listener,
        throttle: this.#throttle,
        onBatchFailure: settings.onBatchFailure,
        cut: this.#ending.cut,
      });
    } catch (error) {
      this.#ending.begin({ reason: 'a batch failed' });
      throw error;
    }
  }

  /** After a batch has failed there is nothing to drain: the batches behind it stay planned. */
  async #drain(generator: BatchGenerator): Promise<void> {
    if (!this.#queue.failed) await generator.planLast();
    await this.#queue.idle();
    if (this.#ending.error) throw this.#ending.error;
  }

  /** Closes what is open, each whatever happened to the others; gives the first error. */
  async #close(): Promise<{ readonly error: unknown } | undefined> {
    this.#queue.close();
    const errors: unknown[] = [];
    const closers = [
      () => this.#options.engine.close(),
      async () => this.#inputs?.stop(),
      async () => this.#sinks?.stop(),
      () => this.#journal.close(),
    ];
    for (const close of closers) await close().catch((error: unknown) => errors.push(error));
    return errors.length > 0 ? { error: errors[0] } : undefined;
  }

  readonly #log: EngineEvents['log'] = (level, message) => this.#listener.log?.({ level, message });
}
