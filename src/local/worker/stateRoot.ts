import { KeyState } from '../../engine/keyState.ts';
import { KeyedTable } from '../../plan/keyedTable.ts';
import type { StateNode } from '../../plan/plan.ts';
import { deepFreeze } from '../../plan/value.ts';
import type { Extents } from '../wire/extents.ts';
import { pushAll, readPairs } from './bucketReader.ts';
import type { RootContext } from './roots.ts';
import type { CompiledStage } from './stage.ts';
import type { StateCell, StateTable } from './stateTable.ts';

/** Calls the function for every key of a partition that has a state or values, and pushes all pairs `[key, state]`. */
export function updateStateByKey(
  _node: StateNode,
  buckets: readonly Extents[],
  stage: CompiledStage,
  { pool, functions, store, time, strict }: RootContext,
): void {
  const table = store as StateTable;
  const update = functions!.fn!;
  const arrived = new KeyedTable<unknown[]>();
  readPairs(pool, buckets, (key, value) => {
    const values = arrived.find(key);
    if (values) values.push(value);
    else arrived.add(key, [value]);
  });
  table.begin(time);
  for (const [key, cell] of table) {
    const values = arrived.find(key) ?? [];
    const result = attempt(key, values, cell.state);
    if (result === failed) continue;
    if (result === null || result === undefined) table.remove(cell);
    else if (values.length > 0 || result !== cell.state) table.set(cell, result);
    arrived.delete(key);
  }
  for (const [key, values] of arrived) {
    if (table.find(key)) continue;
    const result = attempt(key, values, undefined);
    if (result !== failed && result !== null && result !== undefined) table.add(key, result);
  }
  pushAll(stage, snapshot(table));

  function attempt(key: unknown, values: unknown[], state: unknown): unknown {
    if (strict) deepFreeze(values);
    try {
      return update(values, state, key, time);
    } catch (thrown) {
      stage.bad({ key, values }, thrown);
      return failed;
    }
  }
}

const failed = Symbol('failed');

function* snapshot(table: StateTable): Iterable<[key: unknown, state: unknown]> {
  for (const [key, { state }] of table) yield [key, state];
}

/** Calls the function for every record of a partition, then for the keys that time out, and pushes what is to be given. */
export function mapWithState(
  node: StateNode,
  buckets: readonly Extents[],
  stage: CompiledStage,
  context: RootContext,
): void {
  const table = context.store as StateTable;
  const calls = new StateCalls(node, table, stage, context);
  table.begin(context.time);
  readPairs(context.pool, buckets, (key, value) => calls.withRecord(key, value));
  if (node.timeout !== undefined) {
    for (const cell of table.idleSince(context.time - node.timeout)) calls.timeOut(cell);
  }
  calls.flush();
  if (node.emit === 'snapshot') pushAll(stage, snapshot(table));
}

/** The calls of a `mapWithState` function in one task. */
class StateCalls {
  readonly #table: StateTable;
  readonly #stage: CompiledStage;
  readonly #fn: (...args: unknown[]) => unknown;
  readonly #time: number;
  readonly #strict: boolean;
  readonly #mapped: boolean;
  readonly #handle = new KeyState();
  #results: unknown[] = [];

  constructor(node: StateNode, table: StateTable, stage: CompiledStage, { functions, time, strict }: RootContext) {
    this.#table = table;
    this.#stage = stage;
    this.#fn = functions!.fn!;
    this.#time = time;
    this.#strict = strict;
    this.#mapped = node.emit === 'mapped';
  }

  withRecord(key: unknown, value: unknown): void {
    const cell = this.#table.find(key);
    if (!this.#call(key, value, this.#handle.wrap(cell !== undefined, cell?.state))) return;
    this.#apply(key, cell);
  }

  timeOut(cell: StateCell): void {
    if (this.#call(cell.key, null, this.#handle.wrapTimingOut(cell.state))) this.#table.remove(cell);
  }

  /** Pushes the results that wait. */
  flush(): void {
    if (this.#results.length > 0) this.#stage.push(this.#results);
    this.#results = [];
  }

  /** False if the function threw: then what it has done to the state does not count. */
  #call(key: unknown, value: unknown, handle: KeyState): boolean {
    if (this.#strict) deepFreeze([key, value, handle.getOption()]);
    let result: unknown;
    try {
      result = this.#fn(key, value, handle, this.#time);
    } catch (thrown) {
      this.flush();
      this.#stage.bad({ key, value }, thrown);
      return false;
    }
    if (result !== undefined && this.#mapped) this.#give(result);
    return true;
  }

  #give(result: unknown): void {
    this.#results.push(result);
    if (this.#results.length === 1_024) this.flush();
  }

  #apply(key: unknown, cell: StateCell | undefined): void {
    const { outcome } = this.#handle;
    if (outcome === 'removed') {
      if (cell) this.#table.remove(cell);
      return;
    }
    if (outcome === 'updated') {
      if (cell) this.#table.set(cell, this.#handle.get());
      else this.#table.add(key, this.#handle.get());
    }
    if (cell) this.#table.touch(cell);
  }
}
