import { KeyedTable } from '../../plan/keyedTable.ts';
import { fromLiteral } from '../../plan/literal.ts';
import type { CogroupNode, FoldNode, PlanNode, SortNode } from '../../plan/plan.ts';
import type { WireReader } from '../../plan/wire.ts';
import type { Extents } from '../wire/extents.ts';
import type { SlabPool } from '../wire/slabs.ts';
import { pushAll, readEach, readPairs } from './bucketReader.ts';
import type { NodeFunctions } from './functions.ts';
import { type Cell, type SortEntry, sortOrder } from './leaves.ts';
import { mergedByKey, mergedSingle } from './merging.ts';
import type { CompiledStage } from './stage.ts';
import { mapWithState, updateStateByKey } from './stateRoot.ts';
import type { BatchStore } from './stores.ts';
import { slideWindow } from './windowRoot.ts';

/** The buckets of one partition: per input of the node, in the order of the map tasks. */
type Buckets = readonly (readonly Extents[])[];

/** What reading a partition behind a shuffle needs besides its buckets. */
export interface RootContext {
  readonly pool: SlabPool;
  readonly functions: NodeFunctions | undefined;
  /** What the node keeps from batch to batch. */
  readonly store: BatchStore | undefined;
  /** Batch time. */
  readonly time: number;
  /** False between the slides of a window. */
  readonly emits: boolean;
  readonly strict: boolean;
}

/** Reads a partition behind a shuffle, does what is left to do of its node, and pushes the records into the stage. */
export function readShuffle(node: PlanNode, buckets: Buckets, stage: CompiledStage, context: RootContext): void {
  const { pool, functions } = context;
  switch (node.kind) {
    case 'fold':
      if (node.window) return slideWindow(node, buckets[0]!, stage, context);
      return node.key === 'none'
        ? mergeSingle(node, buckets, stage, pool, functions!)
        : mergeByKey(buckets, stage, pool, functions!);
    case 'cogroup':
      return cogroup(node, buckets, stage, pool);
    case 'sort':
      return mergeSorted(node, buckets, stage, pool);
    case 'state':
      return node.op === 'mapWithState'
        ? mapWithState(node, buckets[0]!, stage, context)
        : updateStateByKey(node, buckets[0]!, stage, context);
    case 'repartition':
    case 'window':
      return readEach(pool, buckets[0]!, (reader) => pushAll(stage, untilDone(reader)));
    default:
      throw new Error(`${node.kind} does not begin a stage behind a shuffle`);
  }
}

function mergeByKey(buckets: Buckets, stage: CompiledStage, pool: SlabPool, { mergeCombiners }: NodeFunctions): void {
  pushAll(stage, pairsOf(mergedByKey(pool, buckets[0]!, mergeCombiners!, stage.bad)));
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
  const result = mergedSingle(pool, buckets[0]!, mergeCombiners!, stage.bad);
  if (result !== undefined) stage.push([result.acc]);
  else if (node.zero !== undefined) stage.push([fromLiteral(node.zero)]);
}

type Sides = [left: unknown[], right: unknown[]];

function cogroup(_node: CogroupNode, buckets: Buckets, stage: CompiledStage, pool: SlabPool): void {
  const table = new KeyedTable<Sides>();
  for (const side of [0, 1] as const) {
    readPairs(pool, buckets[side]!, (key, value) => {
      let sides = table.find(key);
      if (sides === undefined) {
        sides = [[], []];
        table.add(key, sides);
      }
      sides[side].push(value);
    });
  }
  pushAll(stage, table);
}

/** The runs are sorted already, which a stable merge sort finds out by itself. */
function mergeSorted(node: SortNode, buckets: Buckets, stage: CompiledStage, pool: SlabPool): void {
  const entries: SortEntry[] = [];
  readPairs(pool, buckets[0]!, (by, record) => entries.push({ by, record }));
  entries.sort(sortOrder(node.ascending));
  stage.push(entries.slice(0, node.limit).map((entry) => entry.record));
}

function* untilDone(reader: WireReader): Iterable<unknown> {
  while (!reader.done) yield reader.read();
}
