import type { Partition, Split } from '../../component/source.ts';
import type { OffsetRange } from './types.ts';

const partitionsPerThread = 4;
/** Ranges smaller than this, in messages, are put together: each costs a request. */
const smallest = 2000;

/**
 * As much of the ranges as a batch may have: each at most `mostEach` messages, and all together about `most`, by how long
 * they are.
 */
export function share(backlog: readonly OffsetRange[], most: number, mostEach: number): OffsetRange[] {
  const limited = backlog.map((range) => ({ ...range, until: Math.min(range.until, range.from + mostEach) }));
  const total = limited.reduce((sum, { from, until }) => sum + until - from, 0);
  if (total <= most) return limited;
  return limited.map((range) => {
    const length = Math.max(1, Math.floor(((range.until - range.from) * most) / total));
    return { ...range, until: range.from + length };
  });
}

/**
 * Spreads ranges over tasks, about four for each thread. A partition of a topic is read by one task of a batch, so its messages
 * keep their order.
 */
export function intoPartitions(ranges: readonly OffsetRange[], parallelism: number): Partition[] {
  const total = ranges.reduce((sum, { from, until }) => sum + until - from, 0);
  const target = Math.max(smallest, Math.ceil(total / (parallelism * partitionsPerThread)));
  const partitions: Split[][] = [];
  let room = 0;
  for (const range of ranges) {
    const size = range.until - range.from;
    if (partitions.length === 0 || size > room) {
      partitions.push([]);
      room = target;
    }
    partitions.at(-1)!.push({ ...range });
    room -= size;
  }
  return partitions;
}
