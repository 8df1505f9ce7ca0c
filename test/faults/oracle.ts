import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '#src/base/errors.ts';
import { readLog } from '#src/checkpoint/log.ts';
import type { Entry, Inputs } from '#src/checkpoint/state.ts';
import { canonicalJson } from '#src/cli/compare.ts';
import type { RunnableJob } from '#src/cli/load.ts';
import type { CommitMessage } from '#src/component/sink.ts';
import type { Split } from '#src/component/source.ts';
import { isStored, readBlock } from '#src/engine/blockFile.ts';
import type { Batch } from '#src/engine/engine.ts';
import { toLiteral } from '#src/plan/literal.ts';
import type { NodeId, Plan, PlanNode } from '#src/plan/plan.ts';
import { WireReader } from '#src/plan/wire.ts';
import { loadJob } from '#src/spec/load.ts';
import { ReferenceEngine } from '../engines/reference.ts';
import { namesIn } from './namesIn.ts';

/** What a job was given and has done, as its directories tell: its journal must have been kept whole (STREAMJOB_KEEP_ALL). */
export interface Evidence {
  /** Where the job file is. Its sinks write JSON lines, or are not looked at. */
  readonly folder: string;
  /** Where a file of the input is to be found again. */
  readonly found?: (path: string) => string;
}

/** The batches of all lives, as the journal has them. */
export interface Logged {
  readonly zero: number;
  /** By batch time, in the order in which they ran. */
  readonly planned: ReadonlyMap<number, Inputs>;
  readonly done: ReadonlySet<number>;
}

export async function readLogged(folder: string): Promise<Logged> {
  const { lines = [] } = (await readLog<readonly Entry[]>(join(folder, 'checkpoint/journal'))) ?? {};
  const planned = new Map<number, Inputs>();
  const done = new Set<number>();
  let zero = 0;
  for (const entry of lines.flat()) {
    if ('zero' in entry) zero = entry.zero;
    if ('planned' in entry) planned.set(entry.planned, entry.inputs);
    if ('done' in entry) done.add(entry.done);
  }
  return { zero, planned, done };
}

/**
 * The oracle. Which records a batch has depends on the clock, so a job that was disturbed is compared with itself: the naive engine, given the
 * logged input of each batch, must give what every sink has written. Gives the differences, none if all is right. Batches that are not done
 * may have written nothing yet, or what they should.
 */
export async function oracle(evidence: Evidence): Promise<readonly string[]> {
  const logged = await readLogged(evidence.folder);
  const job = (await loadJob(join(evidence.folder, 'job.yaml'))) as RunnableJob;
  const expected = await replay(job, batchesOf(evidence, logged, job.plan)).catch((error: unknown) => messageOf(error));
  if (typeof expected === 'string') return [`the naive engine says: ${expected}`];
  return job.plan.nodes.flatMap((node) =>
    node.kind === 'sink' ? compareSink(job, node, expected.get(node.id) ?? new Map(), logged.done) : [],
  );
}

/** The records that a batch gave to a sink, as lines, by batch time. */
type Written = ReadonlyMap<number, readonly string[]>;

/** Runs the batches on the naive engine, one after the other, each at its own time. */
async function replay(job: RunnableJob, batches: readonly Batch[]): Promise<ReadonlyMap<NodeId, Written>> {
  const engine = new ReferenceEngine(2);
  const events = { block: () => undefined, receiver: () => undefined, log: () => undefined };
  const plan = { ...job.plan, nodes: job.plan.nodes.map(bare) };
  const configs = new Map(plan.nodes.map(({ id }) => [id, bareConfig]));
  await engine.open({ plan, configs, events });
  const written = new Map<NodeId, Map<number, readonly string[]>>();
  for (const batch of batches) {
    const { sinks } = await engine.runBatch(batch);
    engine.forget(batch.time, true);
    for (const [id, messages] of sinks) {
      if (!written.has(id)) written.set(id, new Map());
      written.get(id)!.set(batch.time, messages.flatMap(recordsOf).map(canonicalJson));
    }
  }
  return written;
}

const bareConfig = { batches: [], oneAtATime: true, partitions: 1 };

/** Sources give what they are told to, and sinks what they were given. */
function bare(node: PlanNode): PlanNode {
  if (node.kind === 'source') return { ...node, origin: { ...node.origin, component: 'queue' } };
  return node.kind === 'sink' ? { ...node, origin: { ...node.origin, component: 'collect' } } : node;
}

function recordsOf({ bytes }: CommitMessage): unknown[] {
  const records: unknown[] = [];
  for (const reader = new WireReader(bytes as Uint8Array); !reader.done; ) records.push(reader.read());
  return records;
}

function batchesOf(evidence: Evidence, { zero, planned }: Logged, { nodes }: Plan): Batch[] {
  const ids = new Map(nodes.filter(({ kind }) => kind === 'source').map(({ id, origin }) => [origin.name, id]));
  return [...planned].map(([time, inputs]) => ({
    time,
    zeroTime: zero,
    inputs: new Map(
      Object.entries(inputs).map(([name, partitions]) => [
        ids.get(name)!,
        partitions.map((splits) => [{ records: splits.flatMap((split) => linesOf(evidence, split)).map(toLiteral) }]),
      ]),
    ),
  }));
}

/** The lines of a range of a file or of a received block. */
export function linesOf(evidence: Evidence, split: Split): string[] {
  return textOf(evidence, split)
    .split('\n')
    .filter((line) => line !== '');
}

function textOf({ folder, found = (path) => path }: Evidence, split: Split): string {
  if (isStored(split)) return Buffer.from(readBlock(join(folder, 'checkpoint/blocks'), split).data).toString();
  const { path, offset, length } = split as { path: string; offset: number; length: number };
  return readFileSync(found(path))
    .subarray(offset, offset + length)
    .toString();
}

function compareSink(job: RunnableJob, node: PlanNode, expected: Written, done: ReadonlySet<number>): string[] {
  const { path } = job.configs.get(node.id) as { path: string };
  const names = namesIn(path).filter((name) => !name.startsWith('.'));
  const wrong: string[] = [];
  for (const [time, records] of expected) {
    const name = `part-${time}.json`;
    const there = names.includes(name);
    if (!there && (records.length === 0 || !done.has(time))) continue;
    const actual = there ? linesIn(join(path, name)) : [];
    const difference = differenceOf(records, actual);
    if (difference || !there) wrong.push(`${node.origin.name}/${name}: ${difference ?? 'is missing'}`);
    else if (records.length === 0) wrong.push(`${node.origin.name}/${name} should not be there`);
  }
  const known = new Set([...expected.keys()].map((time) => `part-${time}.json`));
  const unknown = names.filter((name) => !known.has(name));
  return [...wrong, ...unknown.map((name) => `${node.origin.name}/${name} is of no batch that is logged`)];
}

const linesIn = (path: string): readonly string[] =>
  readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => canonicalJson(JSON.parse(line)));

/** Records have no order after a shuffle. */
function differenceOf(expected: readonly string[], actual: readonly string[]): string | undefined {
  const [wanted, came] = [expected, actual].map((lines) => [...lines].sort()) as [string[], string[]];
  if (wanted.length === came.length && wanted.every((line, i) => line === came[i])) return undefined;
  const missing = wanted.filter((line) => !came.includes(line));
  const extra = came.filter((line) => !wanted.includes(line));
  return `${wanted.length} records expected, ${came.length} came; missing ${missing.slice(0, 5)}; unexpected ${extra.slice(0, 5)}`;
}
