import fc from 'fast-check';
import { expect, test } from 'vitest';
import { partitionsOfBlocks } from '#src/run/blocks.ts';

const blocks = fc
  .array(fc.integer({ min: 1, max: 40e6 }))
  .map((sizes) => sizes.map((bytes, i) => ({ id: i + 10, bytes })));

test('few blocks are a partition each', () => {
  expect(partitionsOfBlocks([], 8)).toEqual([]);
  const three = [1, 2, 3].map((id) => ({ id, bytes: 1_000 }));
  expect(partitionsOfBlocks(three, 3)).toEqual([[{ block: 1 }], [{ block: 2 }], [{ block: 3 }]]);
});

test('many blocks share partitions, evenly', () => {
  const many = Array.from({ length: 1_000 }, (_, id) => ({ id, bytes: 100 }));
  expect(partitionsOfBlocks(many, 8).map((partition) => partition.length)).toEqual(Array(8).fill(125));
});

test('every block is in one partition, in order; partitions are few, or large', () => {
  const property = fc.property(blocks, fc.integer({ min: 1, max: 20 }), (all, max) => {
    const partitions = partitionsOfBlocks(all, max);
    expect(partitions.flat()).toEqual(all.map(({ id }) => ({ block: id })));
    const sizes = partitions.map((splits) =>
      splits.reduce((sum, { block }) => sum + all[Number(block) - 10]!.bytes, 0),
    );
    for (const [i, size] of sizes.entries()) if (partitions[i]!.length > 1) expect(size).toBeLessThanOrEqual(32e6);
    const small = all.every(({ bytes }) => bytes * max < 1e6);
    if (small) expect(partitions.length).toBeLessThanOrEqual(max);
  });
  fc.assert(property);
});
