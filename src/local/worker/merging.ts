import { KeyedTable } from '../../plan/keyedTable.ts';
import type { Extents } from '../wire/extents.ts';
import type { SlabPool } from '../wire/slabs.ts';
import { readEach, readPairs } from './bucketReader.ts';
import { filling } from './heap.ts';
import { Cell } from './leaves.ts';

type Merge = (a: unknown, b: unknown) => unknown;

/** What is done with accumulators that could not be merged: the second one is left out. Throws if that ends the task. */
export type Bad = (record: unknown, thrown: unknown) => void;

/** The accumulators of all map tasks by key, each key's merged in the order of the tasks. */
export function mergedByKey(pool: SlabPool, buckets: readonly Extents[], merge: Merge, bad: Bad): KeyedTable<Cell> {
  const table = new KeyedTable<Cell>();
  const put = (key: unknown, acc: unknown): void => {
    const cell = table.find(key);
    if (cell === undefined) table.add(key, new Cell(acc));
    else mergeInto(cell, key, acc, merge, bad);
  };
  filling(table, () => readPairs(pool, buckets, put));
  return table;
}

/** The accumulators of all map tasks merged into one; undefined if there was none. */
export function mergedSingle(pool: SlabPool, buckets: readonly Extents[], merge: Merge, bad: Bad): Cell | undefined {
  let result: Cell | undefined;
  readEach(pool, buckets, (reader) => {
    const acc = reader.read();
    if (result === undefined) result = new Cell(acc);
    else mergeInto(result, undefined, acc, merge, bad);
  });
  return result;
}

function mergeInto(cell: Cell, key: unknown, acc: unknown, merge: Merge, bad: Bad): void {
  try {
    cell.acc = merge(cell.acc, acc);
  } catch (thrown) {
    bad({ key, values: [cell.acc, acc] }, thrown);
  }
}
