import type { Partition, Split } from '../component/source.ts';
import type { ReceivedBlock } from '../engine/engine.ts';

/** A partition is not made larger than this only to have fewer of them. */
const maxPartitionBytes = 32e6;

/**
 * Received blocks as the partitions of a batch, in the order in which they came. A block is a partition of its own, as in
 * Spark, unless there are more than `maxPartitions`: then neighbours share one.
 */
export function partitionsOfBlocks(blocks: readonly ReceivedBlock[], maxPartitions: number): Partition[] {
  if (blocks.length <= maxPartitions) return blocks.map((block) => [splitOf(block)]);
  const total = blocks.reduce((sum, block) => sum + block.bytes, 0);
  const enough = Math.min(total / maxPartitions, maxPartitionBytes);
  const groups: ReceivedBlock[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const block of blocks) {
    if (bytes >= enough || bytes + block.bytes > maxPartitionBytes) {
      groups.push([]);
      bytes = 0;
    }
    groups.at(-1)!.push(block);
    bytes += block.bytes;
  }
  return groups.map((group) => group.map(splitOf));
}

const splitOf = ({ id, stored }: ReceivedBlock): Split => ({ ...(id !== undefined && { block: id }), ...stored });
