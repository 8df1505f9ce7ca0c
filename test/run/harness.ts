import type { Clock } from '#src/base/clock.ts';
import { catalog } from '#src/catalog/index.ts';
import type { Journal } from '#src/checkpoint/journal.ts';
import { MemoryJournal } from '#src/checkpoint/memory.ts';
import type { SinkDefinition, SinkDriver } from '#src/component/sink.ts';
import type { SourceDefinition, SourceDriver, Split } from '#src/component/source.ts';
import { PlanBuilder } from '#src/plan/builder.ts';
import { defaultSettings, type JobSettings } from '#src/plan/jobSettings.ts';
import type { BatchInfo } from '#src/run/events.ts';
import type { RunMode } from '#src/run/generator.ts';
import { type RunningJob, runJob } from '#src/run/job.ts';
import { planOf } from '../engines/runPlan.ts';
import { HandEngine } from './handEngine.ts';
import { ManualClock } from './manualClock.ts';

export interface HarnessOptions {
  /** By name; node ids count from 0 in this order. Default: one source that is received. */
  readonly sources?: { readonly [name: string]: SourceDefinition };
  /** By name; each is one sink. Default: one that keeps what is committed. */
  readonly sinks?: { readonly [name: string]: Partial<SinkDriver> & Pick<SinkDefinition, 'sendsInTasks'> };
  readonly clock?: Clock;
  readonly journal?: Journal;
  readonly mode?: RunMode;
  readonly settings?: Partial<JobSettings>;
  readonly batchInterval?: number;
  /** The sinks are behind a window with this slide. */
  readonly slide?: number;
}

/** A job on a hand-turned engine, and what came of it. */
export class Harness {
  readonly engine = new HandEngine();
  readonly journal: Journal;
  /** What each commit of the default sink made visible. */
  readonly committed: { readonly time: number; readonly splits: readonly Split[] }[] = [];
  readonly completed: BatchInfo[] = [];
  readonly submitted: number[] = [];
  readonly log: string[] = [];
  readonly stopping: string[] = [];
  zeroTime: number | undefined;
  job!: RunningJob;
  readonly #options: HarnessOptions;

  constructor(options: HarnessOptions = {}) {
    this.#options = options;
    this.journal = options.journal ?? new MemoryJournal();
  }

  start(): this {
    const {
      sources = { lines: received },
      sinks = { out: {} },
      clock = new ManualClock(),
      mode,
      settings,
    } = this.#options;
    const plan = new PlanBuilder();
    const inputs = Object.keys(sources).map((name) => {
      plan.origin = { name, component: name };
      return plan.source({ config: null });
    });
    const { slide } = this.#options;
    const all = inputs.length === 1 ? inputs[0]! : plan.union({ inputs });
    const input = slide ? plan.window({ input: all, length: slide, slide }) : all;
    for (const name of Object.keys(sinks)) {
      plan.origin = { name, component: name };
      plan.sink({ input, config: null });
    }
    this.job = runJob({
      plan: planOf(plan, this.#options.batchInterval),
      configs: new Map(),
      settings: { ...defaultSettings, taskRetries: 0, ...settings },
      engine: this.engine,
      journal: this.journal,
      clock,
      ...(mode && { mode }),
      listener: {
        started: ({ zeroTime }) => void (this.zeroTime = zeroTime),
        batchSubmitted: ({ batchTime }) => this.submitted.push(batchTime),
        batchCompleted: (info) => this.completed.push(info),
        stopping: ({ reason }) => this.stopping.push(reason),
        log: ({ message }) => this.log.push(message),
      },
      components: {
        source: async (name) => sources[name]!,
        sink: async (name) => this.#sink(sinks[name]!),
        format: catalog.formats.load,
      },
    });
    return this;
  }

  /** Numbers of the blocks in each committed batch. */
  get blocks(): readonly (readonly [time: number, blocks: readonly unknown[]])[] {
    return this.committed.map(({ time, splits }) => [time, splits.map(({ block }) => block)]);
  }

  #sink({ sendsInTasks = false, ...driver }: NonNullable<HarnessOptions['sinks']>[string]): SinkDefinition {
    const commit: SinkDriver['commit'] = async (time, messages) => {
      this.committed.push({ time, splits: messages.flatMap(({ splits }) => splits as unknown as Split[]) });
    };
    const worker = (): never => {
      throw new Error('never called here');
    };
    const definition = { summary: '', config: { kind: 'object' }, examples: [], sendsInTasks } as const;
    return { ...definition, worker, driver: () => ({ commit, ...driver }) };
  }
}

const description = { summary: '', config: { kind: 'object' }, examples: [], once: 'drains' } as const;

/** A source that is sent data: the engine's business. */
export const received: SourceDefinition = {
  ...description,
  receiver: () => {
    throw new Error('never called here');
  },
};

/** A source that lists what `plan` says. */
export const listed = (driver: Pick<SourceDriver, 'plan'> & Partial<SourceDriver>): SourceDefinition => ({
  ...description,
  driver: () => ({ start: async () => undefined, stop: async () => undefined, ...driver }),
});

/** Resolves when `isSo`; fails after ten seconds. */
export async function eventually(isSo: () => boolean): Promise<void> {
  const deadline = Date.now() + 120_000;
  while (!isSo()) {
    if (Date.now() > deadline) throw new Error(`waited in vain for ${isSo}`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** Lets everything happen that can happen without waiting for time or the outside. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
}
