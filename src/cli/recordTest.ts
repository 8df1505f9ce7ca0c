import { SystemClock } from '../base/clock.ts';
import { StreamjobError } from '../base/errors.ts';
import type { JsonValue } from '../base/json.ts';
import { catalog } from '../catalog/index.ts';
import { MemoryJournal } from '../checkpoint/memory.ts';
import type { SourceDefinition } from '../component/source.ts';
import { openRdds } from '../dstream/openRdds.ts';
import type { NodeId, PlanNode, SinkNode, SourceNode } from '../plan/plan.ts';
import { type RunningJob, runJob } from '../run/job.ts';
import type { GivenBatches, JobTest } from '../spec/jobTests.ts';
import { withTest } from './jobFileEdits.ts';
import type { RunnableJob, VariableOptions } from './load.ts';
import { onSignals } from './signals.ts';
import { type Collected, type EngineFactory, keeping, runTest } from './testRunner.ts';
import { asJson, expectingSinks, replaceJobFile } from './updateTests.ts';

const mostRecords = 100;

/**
 * Reads some batches of the sources of a job and adds them to its file as a test, with what the streams of the sinks then give. Neither
 * sinks nor checkpoint are touched, and no source is told that a batch is done. Gives the name of the test.
 */
export async function recordTest(
  job: RunnableJob,
  engine: EngineFactory,
  batches: number,
  options: VariableOptions,
): Promise<string> {
  const given = await record(job, engine, batches);
  const name = `recorded ${new Date().toISOString()}`;
  const at = { file: job.file, line: 1, column: 1 };
  const test = expectingSinks(job, { name, given, expect: {}, ordered: false, virtualOnly: false, at });
  const result = await runTest(job, test, engine);
  if (result.error !== undefined) throw result.error;
  const expect = Object.fromEntries([...result.actual].map(([stream, found]) => [stream, asJson(found)]));
  const again = await runTest(job, { ...test, expect }, engine);
  if (again.differences.length > 0) throw notTheSame(again.differences[0]!.stream);
  await replaceJobFile(job, withTest(job.file, job.text, { ...test, expect }), options);
  return name;
}

const notTheSame = (stream: string): StreamjobError =>
  new StreamjobError(
    'test-failed',
    `Nothing was recorded: \`${stream}\` gives something else each time it is computed.`,
    {
      remedy: 'Let its functions depend on their arguments alone, not on time or chance.',
    },
  );

/** The next batches that hold anything, of all sources. Ends sooner when the sources do, and with SIGINT or SIGTERM. */
async function record(job: RunnableJob, engine: EngineFactory, wanted: number): Promise<JobTest['given']> {
  const collected: Collected = new Map();
  const running = runSources(job, engine, collected, () => {
    if (filled(collected).length >= wanted) void running.stop();
  });
  const ignoreSignals = onSignals(
    () => void running.stop(),
    () => void running.abort(),
  );
  await running.done.finally(ignoreSignals);
  const batches = filled(collected).slice(0, wanted);
  if (batches.length === 0) throw nothingCame();
  return Object.fromEntries(
    [...collected].map(([source, all]): [string, GivenBatches] => {
      const kept = batches.map((batch) =>
        (all[batch] ?? []).slice(0, mostRecords).map((value) => plain(value, source)),
      );
      return [source, { partitions: 1, batches: kept }];
    }),
  );
}

/** The numbers of the batches in which a source gave something. */
function filled(collected: Collected): readonly number[] {
  const all = [...collected.values()];
  const count = Math.max(0, ...all.map(({ length }) => length));
  return Array.from({ length: count }, (_, i) => i).filter((i) => all.some((batches) => (batches[i]?.length ?? 0) > 0));
}

const nothingCame = (): StreamjobError =>
  new StreamjobError('source-failed', 'Nothing was recorded, for nothing came.', {
    remedy: 'See that the sources have something to give while recording.',
  });

function runSources(job: RunnableJob, engine: EngineFactory, collected: Collected, completed: () => void): RunningJob {
  const sources = job.plan.nodes.filter((node): node is SourceNode => node.kind === 'source');
  const configs = new Map<NodeId, unknown>(sources.map(({ id }, i) => [i, job.configs.get(id)]));
  const nodes: PlanNode[] = sources.map((node, id) => ({ ...node, id }));
  for (const source of sources) nodes.push(collecting(source, sources.indexOf(source), nodes.length));
  return runJob({
    plan: { ...job.plan, nodes },
    configs: new Map([...configs, ...nodes.slice(sources.length).map(({ id }) => [id, {}] as const)]),
    settings: job.settings,
    engine: engine(job.settings),
    journal: new MemoryJournal(),
    clock: new SystemClock(),
    listener: { batchCompleted: completed },
    components: {
      source: async (name) => withoutCommit(await catalog.sources.load(name)),
      sink: async (name) => keeping(await catalog.sinks.load(name), collected),
      format: catalog.formats.load,
      rdds: openRdds,
    },
  });
}

const collecting = ({ origin: { name } }: SourceNode, from: NodeId, id: NodeId): SinkNode => ({
  kind: 'sink',
  id,
  origin: { name, component: 'collect' },
  input: { from, port: 'out' },
  config: {},
});

/** A source that is never told that a batch is done: it must not delete or move what was read. */
function withoutCommit(definition: SourceDefinition): SourceDefinition {
  const { driver } = definition;
  if (!driver) return definition;
  return {
    ...definition,
    driver(config, context) {
      const made = driver(config, context);
      return {
        ...(made.restore && { restore: made.restore.bind(made) }),
        start: () => made.start(),
        plan: (time, maxBytes) => made.plan(time, maxBytes),
        stop: () => made.stop(),
      };
    },
  };
}

/** A record as a job file can hold it. Throws StreamjobError `not-supported` if none can. */
function plain(value: unknown, source: string): JsonValue {
  const text = JSON.stringify(value);
  if (text !== undefined && !(value instanceof Uint8Array)) return JSON.parse(text) as JsonValue;
  throw new StreamjobError('not-supported', `The records of ${source} cannot be written into a job file.`, {
    remedy: 'Only texts, numbers, booleans, null, lists and objects can be given in a test.',
  });
}
