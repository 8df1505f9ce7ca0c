import { SystemClock } from './base/clock.ts';
import { catalog } from './catalog/index.ts';
import { DurableJournal, type DurableOptions } from './checkpoint/durable.ts';
import { MemoryJournal } from './checkpoint/memory.ts';
import { type ApiJob, StreamingContext as BaseContext, type ContextOptions as BaseOptions } from './dstream/context.ts';
import { openRdds } from './dstream/openRdds.ts';
import { LocalEngine } from './local/index.ts';
import type { JobListener } from './run/events.ts';
import { type RunningJob, runJob } from './run/job.ts';

export { type ErrorCode, type Place, StreamjobError } from './base/errors.ts';
export { ScopedFunction } from './dstream/apiConfig.ts';
export { DStream } from './dstream/dstream.ts';
export type { ContextState } from './dstream/lifecycle.ts';
export type { RDD } from './dstream/rdd.ts';
export type { RddContext } from './dstream/rddContext.ts';
export type {
  AnyRecord,
  Duration,
  JsonScope,
  Pair,
  Partitioning,
  Scope,
  State,
  StateOptions,
  Table,
  TableFile,
  Windowing,
} from './dstream/types.ts';
export type { JobSettings } from './plan/jobSettings.ts';
export type { Plan } from './plan/plan.ts';
export type { BatchInfo, JobListener } from './run/events.ts';
export { Receiver } from './sources/receiver/base.ts';

export interface ContextOptions extends BaseOptions {
  /** Is told what happens while the job runs. */
  readonly listener?: JobListener;
}

/**
 * A stream job put together in TypeScript and run by the local multi-threaded engine:
 *
 *     const context = new StreamingContext({ batchInterval: '1s' });
 *     const words = context.socketTextStream('localhost', 9999).flatMap((line) => line.split(' '));
 *     words.map((word) => [word, 1]).reduceByKey((a, b) => a + b).print();
 *     await context.start();
 *     await context.awaitTermination();
 *
 * A context runs once; a process runs one context at a time. What its life cycle does not allow throws StreamjobError
 * `bad-context`.
 */
export class StreamingContext extends BaseContext {
  constructor(options: ContextOptions) {
    super(options, { start: (job) => startLocally(job, options.listener ?? {}) });
  }

  /** The context of this process that was started and not stopped. */
  static override getActive(): StreamingContext | undefined {
    return BaseContext.getActive() as StreamingContext | undefined;
  }

  /**
   * The context that `create` makes, which keeps what must survive in `directory`, and goes on from what an earlier run
   * has left there. Unlike Spark's, a checkpoint holds no program: `create` is called each time, and the program may change.
   */
  static async getOrCreate(
    directory: string,
    create: () => StreamingContext | Promise<StreamingContext>,
  ): Promise<StreamingContext> {
    const context = await create();
    context.checkpoint(directory);
    return context;
  }

  /** The active context of this process; if there is none, that of `getOrCreate`, or without a directory of `create`. */
  static async getActiveOrCreate(
    directory: string | undefined,
    create: () => StreamingContext | Promise<StreamingContext>,
  ): Promise<StreamingContext> {
    const active = StreamingContext.getActive();
    if (active) return active;
    return directory === undefined ? create() : StreamingContext.getOrCreate(directory, create);
  }
}

/** Resolves when the job has started, with batches to come. */
async function startLocally(
  { plan, configs, streams, settings, checkpoint }: ApiJob,
  listener: JobListener,
): Promise<RunningJob> {
  const components = {
    source: catalog.sources.load,
    sink: catalog.sinks.load,
    format: catalog.formats.load,
    rdds: openRdds,
  };
  const log: DurableOptions['log'] = (level, message) => listener.log?.({ level, message });
  const engine = new LocalEngine(settings);
  return new Promise((resolve, reject) => {
    const started: JobListener['started'] = (event) => {
      listener.started?.(event);
      resolve(job);
    };
    const job = runJob({
      plan,
      streams,
      configs,
      settings,
      engine,
      journal: checkpoint === undefined ? new MemoryJournal() : new DurableJournal({ directory: checkpoint, log }),
      clock: new SystemClock(),
      components,
      listener: Object.assign(Object.create(listener), { started }),
    });
    job.done.then(() => resolve(job), reject);
  });
}
