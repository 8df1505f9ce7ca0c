import type { Partition, Split } from '../../component/source.ts';
import { type FileRange, isCompressed } from './types.ts';

const partitionsPerThread = 4;
const smallest = 1e6;
const largest = 64e6;
/** What opening a file costs, in bytes that could be read meanwhile: a hundred thousand tiny files are work, too. */
const opening = 16_384;

/**
 * Spreads ranges over partitions of 1 to 64 MB, about four for each thread: large ranges are cut evenly, small ones
 * grouped. The order of the ranges stays.
 */
export function cutIntoPartitions(ranges: readonly FileRange[], parallelism: number, cuttable: boolean): Partition[] {
  const total = ranges.reduce((sum, range) => sum + workOf(range), 0);
  const target = Math.min(largest, Math.max(smallest, Math.ceil(total / (parallelism * partitionsPerThread))));
  const partitions: Split[][] = [];
  let room = 0;
  for (const piece of cuttable ? ranges.flatMap((range) => cut(range, target)) : ranges) {
    if (partitions.length === 0 || workOf(piece) > room) {
      partitions.push([]);
      room = target;
    }
    partitions.at(-1)?.push(splitOf(piece));
    room -= workOf(piece);
  }
  return partitions;
}

const workOf = ({ length }: FileRange): number => Math.max(length, opening);

function cut({ file, offset, length }: FileRange, target: number): FileRange[] {
  const count = isCompressed(file.path) ? 1 : Math.ceil(length / target);
  const edge = (i: number): number => offset + Math.floor((i * length) / count);
  return Array.from({ length: count }, (_, i) => ({ file, offset: edge(i), length: edge(i + 1) - edge(i) }));
}

const splitOf = ({ file: { path, size, mtimeMs, ino, dev }, offset, length }: FileRange): Split => ({
  path,
  offset,
  length,
  size,
  mtimeMs,
  ino,
  dev,
});
