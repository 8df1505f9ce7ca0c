import { resolve } from 'node:path';
import { parseDuration } from '../base/duration.ts';
import { StreamjobError } from '../base/errors.ts';
import type { JsonValue } from '../base/json.ts';
import { fromClass } from '../function/captureClass.ts';
import { defaultSettings, type JobSettings } from '../plan/jobSettings.ts';
import { sameKeepers, sameKeepersRemedy } from '../plan/kept.ts';
import { type Edge, type NodeId, type Origin, type Plan, stepName } from '../plan/plan.ts';
import { withRemembered } from '../plan/remember.ts';
import { slideProblems } from '../plan/slides.ts';
import { WireReader } from '../plan/wire.ts';
import { Receiver } from '../sources/receiver/base.ts';
import { ApiConfig, ScopedFunction } from './apiConfig.ts';
import { type BuiltPlan, buildPlan } from './buildPlan.ts';
import { stepsToKeep, whyToKeep } from './checkpointNeeds.ts';
import { DStream, type Recorder } from './dstream.ts';
import { Graph, type Recorded } from './graph.ts';
import { activeOwner, badContext, type ContextState, Lifecycle, type StartedJob } from './lifecycle.ts';
import { Names } from './names.ts';
import type { RDD } from './rdd.ts';
import type { RddContext } from './rddContext.ts';
import { ContextTables } from './tables.ts';
import type { JsonScope, Scope, Table, TableFile } from './types.ts';

export interface ContextOptions {
  /** Milliseconds, or a text such as `1s`. */
  readonly batchInterval: number | string;
  /** Names the job in messages and metrics. */
  readonly name?: string;
  /** How the job is run; durations in milliseconds, sizes in bytes. */
  readonly settings?: Partial<JobSettings>;
}

/** A job as the API hands it to what runs it. */
export interface ApiJob {
  readonly plan: Plan;
  readonly configs: ReadonlyMap<NodeId, unknown>;
  readonly settings: JobSettings;
  /** The edge out of each stream, by name. */
  readonly streams: ReadonlyMap<string, Edge>;
  /** Where what must survive is kept; absent: nothing survives the process. */
  readonly checkpoint?: string;
}

/** Runs jobs. `start` resolves when the job is running, and rejects if it cannot. */
export interface Runner {
  start(job: ApiJob): Promise<StartedJob>;
}

/**
 * A stream job put together in TypeScript, as Spark's StreamingContext: make streams, end them in outputs, `start()`.
 * A context runs once; a process runs one context at a time. What its life cycle does not allow throws StreamjobError
 * `bad-context`.
 */
export class StreamingContext implements Recorder {
  readonly name: string;
  /** Milliseconds. */
  readonly batchInterval: number;
  readonly settings: JobSettings;
  readonly #runner: Runner;
  #remember: number | undefined;
  /** False: what steps hold may be lost. */
  #checkpoint: string | false | undefined;
  readonly #graph = new Graph();
  readonly #own = new Set<Recorded>();
  readonly #names = new Names();
  readonly #tables = new ContextTables();
  readonly #life = new Lifecycle<StreamingContext>(this);

  constructor(options: ContextOptions, runner: Runner) {
    this.name = options.name ?? 'streamjob';
    this.batchInterval = milliseconds(options.batchInterval, 'The batch interval');
    this.settings = { ...defaultSettings, ...options.settings };
    this.#runner = runner;
  }

  /** The context of this process that was started and not stopped. */
  static getActive(): StreamingContext | undefined {
    return activeOwner() as StreamingContext | undefined;
  }

  /**
   * Keeps in this directory what must survive the process: a context of the same name that is started with it later goes on
   * where this one ended. `false` says that what windows and states hold may be lost: a job with `updateStateByKey`, `mapWithState` or
   * another step that must not forget needs the one or the other.
   */
  checkpoint(directory: string | false): void {
    this.#life.requireInitialized();
    this.#checkpoint = directory && resolve(directory);
  }

  /**
   * Keeps what streams gave for at least so long, for `slice`: as bytes, within settings.memoryLimit. Milliseconds, or a text such
   * as `60s`; only once.
   */
  remember(duration: number | string): void {
    this.#life.requireInitialized();
    if (this.#remember !== undefined) throw badContext('How long to remember has been set already', 'Set it once.');
    this.#remember = milliseconds(duration, 'The time to remember');
  }

  getState(): ContextState {
    return this.#life.state;
  }

  /**
   * A read-only Map for functions, which have it in their scope: `ids.map((id) => users.get(id), { users })`. Its content is a Map, as it
   * is now, or a file, which is read when the job starts: `users.get(key)` is the record whose field `key` says so. Throws
   * StreamjobError `duplicate-name`, `bad-value`, and `not-a-value` for what a Map holds.
   */
  table<V, K = string>(name: string, content: ReadonlyMap<K, V> | TableFile): Table<K, V> {
    this.#life.requireInitialized();
    return this.#tables.add(name, content);
  }

  /** Lines of text from a TCP server. */
  socketTextStream(host: string, port: number): DStream<string> {
    return this.source('socket', { host, port });
  }

  /** Lines of the files that appear in a directory. */
  textFileStream(directory: string): DStream<string> {
    return this.source('files', { path: directory });
  }

  /** Literal batches; when they are used up, `whenEmpty` again and again, or empty ones. */
  queueStream<T>(batches: readonly (readonly T[])[], oneAtATime = true, whenEmpty?: readonly T[]): DStream<T> {
    return this.source('queue', { batches, oneAtATime, default: whenEmpty });
  }

  /**
   * Records of a receiver of your own. The class travels as source text to the thread of the receivers, where it is made with
   * `options`: see the source `receiver` in the reference. Throws StreamjobError `captured-variable` for what it uses from
   * outside beside its `scope`.
   */
  receiverStream<T, O extends JsonValue = JsonValue>(
    UserClass: new (options: O) => Receiver<T>,
    options?: O,
    scope?: JsonScope,
  ): DStream<T> {
    const reference = fromClass(UserClass, Receiver, scope);
    return this.source('receiver', { class: new ScopedFunction(reference), options });
  }

  /** Any source, by its name in a job file, with its settings. `name` is what messages and metrics call it. */
  source<T = unknown>(component: string, settings: unknown = {}, name?: string): DStream<T> {
    this.#life.requireInitialized();
    const origin = this.#origin(component, name);
    const config = new ApiConfig(origin, settings);
    return this.#stream(this.#graph.source({ component, config, origin }));
  }

  /** All records of all streams, in the order of the list. */
  union<T>(streams: readonly DStream<T>[]): DStream<T> {
    this.#life.requireInitialized();
    if (streams.length === 0) throw badContext('List of DStreams to union is empty', 'Give at least one stream.');
    const parents = streams.map(({ recorded }) => this.#required(recorded));
    return this.#stream(this.#graph.union({ parents, origin: this.#origin('union') }));
  }

  /** Gives the RDD that `f` makes of those of all streams, batch by batch: see DStream.transform. */
  transform<T, U>(
    streams: readonly DStream<T>[],
    f: (rdds: readonly RDD<T>[], time: number, context: RddContext) => RDD<U>,
    scope?: Scope,
  ): DStream<U> {
    const [first, ...others] = streams;
    if (!first) throw badContext('List of DStreams to transform is empty', 'Give at least one stream.');
    this.#required(first.recorded);
    return this.step(first.recorded, 'transform', { transform: new ScopedFunction(f, scope), with: others });
  }

  /** Used by DStream. */
  step(parent: Recorded, component: string, settings: unknown): DStream<never> {
    this.#life.requireInitialized();
    const origin = this.#origin(component);
    const config = new ApiConfig(origin, settings);
    for (const stream of config.streams) this.#required(stream);
    return this.#stream(this.#graph.operator({ parent, component, config, origin }));
  }

  /** Used by DStream. */
  sink(parent: Recorded, component: string, settings: unknown, name: string | undefined): void {
    this.#life.requireInitialized();
    const origin = { name: this.#names.ofSink(parent.origin.name, component, name), component };
    this.#own.add(this.#graph.sink({ parent, component, config: new ApiConfig(origin, settings), origin }));
  }

  /** Used by DStream. */
  async slice(stream: Recorded, from: number, to: number): Promise<unknown[][]> {
    const job = this.#life.job;
    if (!job) throw badContext('Only a context that was started has batches', 'Call start() first.');
    return job.slice(stream.origin.name, from, to).map(({ partitions }) => partitions.flatMap(decode));
  }

  /** The job as data. Throws StreamjobError for settings that are wrong. */
  async toPlan(): Promise<Pick<ApiJob, 'plan' | 'configs' | 'streams'>> {
    const { plan, configs, edges, checked } = await this.#built();
    for (const [{ origin }, { functions }] of checked) this.#tables.requireOwn(origin, functions);
    for (const { node, message, remedy } of slideProblems(plan)) {
      throw new StreamjobError('bad-value', `${stepName(node.origin)}: ${message}`, { remedy });
    }
    for (const { message } of sameKeepers(plan))
      throw new StreamjobError('duplicate-name', message, { remedy: sameKeepersRemedy });
    const streams = [...edges]
      .filter(([step]) => step.kind !== 'sink')
      .map(([step, edge]) => [step.origin.name, edge] as const);
    const whole = { ...plan, ...(await this.#tables.read()) };
    return { plan: this.#remembering(whole, new Map(streams)), configs, streams: new Map(streams) };
  }

  /**
   * Resolves when the job runs; rejects, and the context is stopped, if it cannot: with StreamjobError `no-checkpoint` if a step
   * keeps what must not be lost and nothing was said about a checkpoint. Starting a running context does nothing.
   */
  async start(): Promise<void> {
    if (this.getState() === 'INITIALIZED' && !this.#graph.steps.some(({ kind }) => kind === 'sink')) {
      const remedy = 'End a stream in an output, such as print().';
      throw badContext('No output operations registered, so nothing to execute', remedy);
    }
    const checkpoint = this.#checkpoint ? { checkpoint: this.#checkpoint } : {};
    await this.#life.start(async () => {
      if (this.#checkpoint === undefined) await this.#requireNothingToKeep();
      return this.#runner.start({ ...(await this.toPlan()), settings: this.settings, ...checkpoint });
    });
  }

  #remembering(plan: Plan, streams: ApiJob['streams']): Plan {
    return this.#remember === undefined ? plan : withRemembered(plan, streams, this.#remember);
  }

  async #requireNothingToKeep(): Promise<void> {
    const [step] = await stepsToKeep(this.#graph, (await this.#built()).checked);
    if (!step) return;
    const message = `${stepName(step.origin)} ${whyToKeep(step)}, and the context has no checkpoint.`;
    const remedy = 'Call checkpoint(DIRECTORY), or checkpoint(false) if it may be lost when the job ends.';
    throw new StreamjobError('no-checkpoint', message, { remedy });
  }

  /** Resolves when the job has ended; rejects with the error that ended it, every time. */
  awaitTermination(): Promise<void> {
    return this.#life.terminated;
  }

  /** True when the job has ended, false after `ms` milliseconds; rejects as `awaitTermination`. */
  awaitTerminationOrTimeout(ms: number): Promise<boolean> {
    return this.#life.terminatedWithin(ms);
  }

  /**
   * Ends the job: with `graceful` after everything that has arrived is processed, otherwise at once (as in Spark, the
   * default). A stopped context cannot be started again.
   */
  async stop({ graceful = false }: { readonly graceful?: boolean } = {}): Promise<void> {
    await this.#life.stop({ graceful });
  }

  #built(): Promise<BuiltPlan> {
    return buildPlan(this.#graph, { name: this.name, batchInterval: this.batchInterval });
  }

  #stream<T>(step: Recorded): DStream<T> {
    this.#own.add(step);
    this.#names.addStream(step.origin.name);
    return new DStream<T>(this, step);
  }

  #origin(component: string, given?: string): Origin {
    return { name: this.#names.ofStream(component, given), component };
  }

  #required(stream: Recorded): Recorded {
    if (this.#own.has(stream)) return stream;
    throw badContext('Some of the DStreams have different contexts', 'Combine streams of one context.');
  }
}

function milliseconds(duration: number | string, what: string): number {
  const ms = typeof duration === 'number' ? duration : parseDuration(duration);
  if (ms !== undefined && Number.isSafeInteger(ms) && ms > 0) return ms;
  throw new StreamjobError('bad-value', `${what} is ${JSON.stringify(duration)}, which is no duration.`, {
    remedy: 'Give milliseconds, or a text such as 1s.',
  });
}

function decode(bytes: Uint8Array): unknown[] {
  const records: unknown[] = [];
  for (const reader = new WireReader(bytes); !reader.done; ) records.push(reader.read());
  return records;
}
