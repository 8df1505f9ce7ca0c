import { VirtualClock } from '../base/clock.ts';
import { catalog } from '../catalog/index.ts';
import { MemoryJournal } from '../checkpoint/memory.ts';
import type { CommitMessage, SinkDefinition } from '../component/sink.ts';
import { openRdds } from '../dstream/openRdds.ts';
import type { Engine } from '../engine/engine.ts';
import type { JobSettings } from '../plan/jobSettings.ts';
import { WireReader } from '../plan/wire.ts';
import { runJob } from '../run/job.ts';
import type { JobTest } from '../spec/jobTests.ts';
import { type Difference, differences } from './compare.ts';
import type { RunnableJob } from './load.ts';
import { testPlan } from './testPlan.ts';

export interface TestResult {
  readonly test: JobTest;
  readonly differences: readonly Difference[];
  /** What each expected stream gave, batch by batch. */
  readonly actual: ReadonlyMap<string, Batches>;
  /** What ended the test before it could be compared. */
  readonly error?: unknown;
}

/** Gives the engine that a test runs on; it is to be opened, and closed, once. */
export type EngineFactory = (settings: JobSettings) => Engine;

/** Runs one test of a job on a virtual clock. Nothing outside is touched, and values handed to functions are frozen. */
export async function runTest(job: RunnableJob, test: JobTest, engine: EngineFactory): Promise<TestResult> {
  try {
    const results = await collect(job, test, engine);
    const found = Object.entries(test.expect).flatMap(([stream, expected]) =>
      differences(stream, expected, results.get(stream) ?? [], test.ordered),
    );
    return { test, differences: found, actual: results };
  } catch (error) {
    return { test, differences: [], actual: new Map(), error };
  }
}

export const passed = ({ differences, error }: TestResult): boolean => differences.length === 0 && error === undefined;

export type Batches = readonly (readonly unknown[])[];

/** Batches by the name of the sink that collected them. */
export type Collected = Map<string, unknown[][]>;

/** What each expected stream gave, batch by batch, all partitions one after the other. */
async function collect(job: RunnableJob, test: JobTest, engine: EngineFactory): Promise<Collected> {
  const results: Collected = new Map();
  const settings: JobSettings = { ...job.settings, onBatchFailure: 'stop' };
  await runJob({
    ...testPlan(job.plan, job.streams, test),
    settings,
    engine: engine(settings),
    journal: new MemoryJournal(),
    clock: new VirtualClock(),
    mode: { batches: batchesOf(test) },
    strict: true,
    components: {
      source: catalog.sources.load,
      sink: async (name) => keeping(await catalog.sinks.load(name), results),
      format: catalog.formats.load,
      rdds: openRdds,
    },
  }).done;
  return results;
}

const batchesOf = ({ batches, given, expect }: JobTest): number =>
  batches ??
  Math.max(
    1,
    ...Object.values(given).map((source) => source.batches.length),
    ...Object.values(expect).map(({ length }) => length),
  );

/** The `collect` sink with a driver part that decodes what the workers put aside and keeps it here. */
export const keeping = (collect: SinkDefinition, results: Collected): SinkDefinition => ({
  ...collect,
  driver: (_config, { sink }) => ({
    commit: async (_time, messages) => {
      const batches = results.get(sink) ?? [];
      results.set(sink, batches);
      batches.push(messages.flatMap(recordsOf));
    },
  }),
});

function recordsOf({ bytes }: CommitMessage): unknown[] {
  const records: unknown[] = [];
  for (const reader = new WireReader(bytes as Uint8Array); !reader.done; ) records.push(reader.read());
  return records;
}
