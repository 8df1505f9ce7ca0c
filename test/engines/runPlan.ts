import { VirtualClock } from '#src/base/clock.ts';
import { catalog } from '#src/catalog/index.ts';
import type { Journal } from '#src/checkpoint/journal.ts';
import { MemoryJournal } from '#src/checkpoint/memory.ts';
import type { CommitMessage, SinkDefinition } from '#src/component/sink.ts';
import { openRdds } from '#src/dstream/openRdds.ts';
import type { Engine } from '#src/engine/engine.ts';
import { PlanBuilder } from '#src/plan/builder.ts';
import { defaultSettings, type JobSettings } from '#src/plan/jobSettings.ts';
import { toLiteral } from '#src/plan/literal.ts';
import { type Edge, keyGroups, keyHash, type NodeId, type Plan } from '#src/plan/plan.ts';
import { WireReader } from '#src/plan/wire.ts';
import { runJob } from '#src/run/job.ts';

/** A plan with a queue for each source and a collector for each stream whose records are wanted. */
export interface Graph {
  readonly plan: Plan;
  readonly configs: ReadonlyMap<NodeId, unknown>;
  /** How many batches the queues hold at most. */
  readonly batches: number;
}

export interface Queue {
  readonly name: string;
  readonly batches: readonly (readonly unknown[])[];
  readonly partitions?: number;
}

/** Records by stream, batch and partition. */
export type Collected = ReadonlyMap<string, readonly (readonly (readonly unknown[])[])[]>;

/** Builds a graph: `steps` gets the edges out of the queues, in their order, and gives the streams to collect. */
export function graphOf(
  queues: readonly Queue[],
  steps: (plan: PlanBuilder, sources: readonly Edge[]) => { readonly [stream: string]: Edge },
): Graph {
  const plan = new PlanBuilder();
  const configs = new Map<NodeId, unknown>();
  const sources = queues.map(({ name, batches, partitions = 1 }) => {
    plan.origin = { name, component: 'queue' };
    const edge = plan.source({ config: {} });
    configs.set(edge.from, { batches: batches.map((batch) => batch.map(toLiteral)), oneAtATime: true, partitions });
    return edge;
  });
  for (const [name, input] of Object.entries(steps(plan, sources))) {
    plan.origin = { name, component: 'collect' };
    configs.set(plan.sink({ input, config: {} }), {});
  }
  const batches = Math.max(1, ...queues.map((queue) => queue.batches.length));
  return { plan: planOf(plan), configs, batches };
}

export const planOf = ({ nodes }: PlanBuilder, batchInterval = 1_000): Plan => ({
  version: 1,
  name: 'test',
  batchInterval,
  keyHash,
  keyGroups,
  nodes,
});

export interface RunGraphOptions {
  readonly strict?: boolean;
  readonly settings?: Partial<JobSettings>;
  /** For a graph that is run in several lives: they share these three. */
  readonly journal?: Journal;
  readonly clock?: VirtualClock;
  readonly collected?: Map<string, unknown[][][]>;
  /** How many, of all that the queues hold. */
  readonly batches?: number;
}

/** Runs the graph on an engine, through everything that `run/` does, at virtual time; rejects with the job's error. */
export async function runGraph(
  { plan, configs, batches }: Graph,
  engine: Engine,
  options: RunGraphOptions = {},
): Promise<Collected> {
  const { journal = new MemoryJournal(), clock = new VirtualClock(), collected = new Map() } = options;
  await runJob({
    plan,
    configs,
    settings: { ...defaultSettings, ...options.settings },
    engine,
    journal,
    clock,
    mode: { batches: options.batches ?? batches },
    strict: options.strict ?? true,
    components: {
      source: catalog.sources.load,
      sink: async () => collectingInto(collected),
      format: catalog.formats.load,
      rdds: openRdds,
    },
  }).done;
  return collected;
}

/** The sink `collect` with a driver part that keeps what the workers send. */
export async function collectingSink(
  take: (sink: string, time: number, partitions: unknown[][]) => void,
): Promise<SinkDefinition> {
  const definition = await catalog.sinks.load('collect');
  const driver: SinkDefinition['driver'] = (_config, { sink }) => ({
    commit: async (time, messages) => take(sink, time, messages.map(decode)),
  });
  return { ...definition, driver };
}

const collectingInto = (collected: Map<string, unknown[][][]>): Promise<SinkDefinition> =>
  collectingSink((sink, _time, partitions) => {
    collected.set(sink, [...(collected.get(sink) ?? []), partitions]);
  });

function decode({ bytes }: CommitMessage): unknown[] {
  const reader = new WireReader(bytes as Uint8Array);
  const records: unknown[] = [];
  while (!reader.done) records.push(reader.read());
  return records;
}
