import type { NodeId } from '../plan/plan.ts';
import type { BatchRecord } from './batchRecord.ts';
import type { JobHistory } from './history.ts';

/** How records go through the job's graph, on average over its newest batches. */
export interface Flow {
  readonly stages: readonly StageFlow[];
  /** The stage that takes longest. */
  readonly slowest?: NodeId;
}

export interface StageFlow {
  readonly root: NodeId;
  /** Milliseconds a batch. */
  readonly duration: number;
  /** Records a second, from its source. */
  readonly rateIn: number;
  /** Records a second, to each stage and sink behind it. */
  readonly out: readonly { readonly node: NodeId; readonly rate: number }[];
}

/** How far back it looks: milliseconds, and batches. */
const span = 10_000;
const batchesAtMost = 200;

export function flowOf(history: JobHistory): Flow {
  const completed = history.newest(batchesAtMost).filter(({ status }) => status === 'completed');
  const newest = completed.at(-1)?.processingEndTime ?? 0;
  const recent = completed.filter(
    ({ processingEndTime = 0 }, i) => newest - processingEndTime < span || i >= completed.length - 2,
  );
  const seconds = secondsOf(recent, history.plan.batchInterval);
  const stages = [...sumsOf(recent).values()].map((sum) => flowOfStage(sum, recent.length, seconds));
  const slowest = stages.reduce<StageFlow | undefined>((a, b) => (a && a.duration >= b.duration ? a : b), undefined);
  return { stages, ...(slowest && { slowest: slowest.root }) };
}

/** The time for which these batches stand: n ends have n - 1 gaps between them. */
function secondsOf(batches: readonly BatchRecord[], interval: number): number {
  const count = batches.length;
  const gaps = (batches.at(-1)?.processingEndTime ?? 0) - (batches[0]?.processingEndTime ?? 0);
  return (count > 1 && gaps > 0 ? (gaps * count) / (count - 1) : interval) / 1000;
}

interface Sum {
  readonly root: NodeId;
  duration: number;
  recordsIn: number;
  readonly out: Map<NodeId, number>;
}

function sumsOf(batches: readonly BatchRecord[]): ReadonlyMap<NodeId, Sum> {
  const sums = new Map<NodeId, Sum>();
  for (const { root, duration, recordsIn, recordsOut } of batches.flatMap(stagesIn)) {
    const sum: Sum = sums.get(root) ?? { root, duration: 0, recordsIn: 0, out: new Map() };
    sums.set(root, sum);
    sum.duration += duration;
    sum.recordsIn += recordsIn;
    for (const { node, records } of recordsOut) sum.out.set(node, (sum.out.get(node) ?? 0) + records);
  }
  return sums;
}

const stagesIn = ({ details }: BatchRecord) => [...(details?.stages.values() ?? [])];

const flowOfStage = ({ root, duration, recordsIn, out }: Sum, batches: number, seconds: number): StageFlow => ({
  root,
  duration: duration / batches,
  rateIn: recordsIn / seconds,
  out: [...out].map(([node, records]) => ({ node, rate: records / seconds })),
});
