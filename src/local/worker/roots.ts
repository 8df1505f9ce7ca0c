import type { JsonValue } from '../../base/json.ts';
import { KeyedTable } from '../../plan/keyedTable.ts';
import { fromLiteral } from '../../plan/literal.ts';
import type { CogroupNode, FoldNode, PlanNode, SortNode } from '../../plan/plan.ts';
import { WireReader } from '../../plan/wire.ts';
import { type Extents, readExtents } from '../wire/extents.ts';
import type { SlabPool } from '../wire/slabs.ts';
import type { NodeFunctions } from './functions.ts';
import { checkHeap } from './heap.ts';
import { Cell, type SortEntry, sortOrder } from './leaves.ts';
import type { CompiledStage } from './stage.ts';

/** The buckets of one partition: per input of the node, in the order of the map tasks. */
type Buckets = readonly (readonly Extents[])[];

/** Reads a partition behind a shuffle, does what is left to do of its node, and pushes the records into the stage. */
export function readShuffle(
  node: PlanNode,
  buckets: Buckets,
  stage: CompiledStage,
  { pool, functions }: { pool: SlabPool; functions: NodeFunctions | undefined },
): void {
  switch (node.kind) {
    case 'fold':
      return node.key === 'none'
        ? mergeSingle(node, buckets, stage, pool, functions!)
        : mergeByKey(node, buckets, stage, pool, functions!);
    case 'cogroup':
      return cogroup(node, buckets, stage, pool);
    case 'sort':
      return mergeSorted(node, buckets, stage, pool);
    case 'repartition':
      return readEach(pool, buckets[0]!, (reader) => pushAll(stage, untilDone(reader)));
    default:
      throw new Error(`${node.kind} does not begin a stage behind a shuffle`);
  }
}

function mergeByKey(
  _node: FoldNode,
  buckets: Buckets,
  stage: CompiledStage,
  pool: SlabPool,
  { mergeCombiners }: NodeFunctions,
): void {
  const table = new KeyedTable<Cell>();
  readEach(pool, buckets[0]!, (reader) => {
    while (!reader.done) {
      const key = reader.read();
      const acc = reader.read();
      const cell = table.find(key);
      if (cell === undefined) table.add(key, new Cell(acc));
      else merge(key, cell, acc, stage, mergeCombiners!);
    }
  });
  pushAll(stage, pairsOf(table));
}

function merge(
  key: unknown,
  cell: Cell,
  acc: unknown,
  stage: CompiledStage,
  mergeCombiners: (a: unknown, b: unknown) => unknown,
): void {
  try {
    cell.acc = mergeCombiners(cell.acc, acc);
  } catch (thrown) {
    stage.bad({ key, values: [cell.acc, acc] }, thrown);
  }
}

function* pairsOf(table: KeyedTable<Cell>): Iterable<unknown> {
  for (const [key, cell] of table) yield [key, cell.acc];
}

function mergeSingle(
  node: FoldNode,
  buckets: Buckets,
  stage: CompiledStage,
  pool: SlabPool,
  { mergeCombiners }: NodeFunctions,
): void {
  let result: Cell | undefined;
  readEach(pool, buckets[0]!, (reader) => {
    const acc = reader.read();
    if (result === undefined) result = new Cell(acc);
    else merge(undefined, result, acc, stage, mergeCombiners!);
  });
  if (result !== undefined) stage.push([result.acc]);
  else if (node.zero !== undefined) stage.push([fromLiteral(node.zero as JsonValue)]);
}

type Sides = [left: unknown[], right: unknown[]];

function cogroup(_node: CogroupNode, buckets: Buckets, stage: CompiledStage, pool: SlabPool): void {
  const table = new KeyedTable<Sides>();
  for (const side of [0, 1] as const) {
    readEach(pool, buckets[side]!, (reader) => {
      while (!reader.done) {
        const key = reader.read();
        let sides = table.find(key);
        if (sides === undefined) {
          sides = [[], []];
          table.add(key, sides);
        }
        sides[side].push(reader.read());
      }
    });
  }
  pushAll(stage, table);
}

/** The runs are sorted already, which a stable merge sort finds out by itself. */
function mergeSorted(node: SortNode, buckets: Buckets, stage: CompiledStage, pool: SlabPool): void {
  const entries: SortEntry[] = [];
  readEach(pool, buckets[0]!, (reader) => {
    while (!reader.done) entries.push({ by: reader.read(), record: reader.read() });
  });
  entries.sort(sortOrder(node.ascending));
  stage.push(entries.slice(0, node.limit).map((entry) => entry.record));
}

/** Heap is looked at between pieces, of a slab at most. */
function readEach(pool: SlabPool, buckets: readonly Extents[], each: (reader: WireReader) => void): void {
  for (const extents of buckets) {
    readExtents(pool, extents, (bytes, start, end) => {
      each(new WireReader(bytes, start, end));
      checkHeap();
    });
  }
}

function* untilDone(reader: WireReader): Iterable<unknown> {
  while (!reader.done) yield reader.read();
}

/** Pushes in lists short enough to stay young. */
function pushAll(stage: CompiledStage, records: Iterable<unknown>): void {
  let list: unknown[] = [];
  for (const record of records) {
    list.push(record);
    if (list.length === 1_024) {
      stage.push(list);
      list = [];
    }
  }
  if (list.length > 0) stage.push(list);
}
