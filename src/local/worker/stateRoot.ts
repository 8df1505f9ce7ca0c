import { KeyState } from '../../engine/keyState.ts';
import { KeyedTable } from '../../plan/keyedTable.ts';
import { nowhere } from '../../plan/keyIndex.ts';
import type { StateNode } from '../../plan/plan.ts';
import { deepFreeze } from '../../plan/value.ts';
import type { Extents } from '../wire/extents.ts';
import { pushAll, readPairs } from './bucketReader.ts';
import type { RootContext } from './roots.ts';
import type { CompiledStage } from './stage.ts';
import type { StateTable } from './stateTable.ts';

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
  for (const place of table.places()) {
    const key = table.key(place);
    const state = table.state(place);
    const values = arrived.find(key) ?? [];
    const result = attempt(key, values, state);
    if (result === failed) continue;
    if (result === null || result === undefined) table.remove(place);
    else if (values.length > 0 || result !== state) table.set(place, result);
    arrived.delete(key);
  }
  for (const [key, values] of arrived) {
    if (table.find(key) !== nowhere) continue;
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
  for (const place of table.places()) yield [table.key(place), table.state(place)];
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
    for (const place of table.idleSince(context.time - node.timeout)) calls.timeOut(place);
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
    const place = this.#table.find(key);
    const state = this.#table.state(place);
    if (this.#call(key, value, this.#handle.wrap(place !== nowhere, state))) this.#apply(key, place);
  }

  timeOut(place: number): void {
    const handle = this.#handle.wrapTimingOut(this.#table.state(place));
    if (this.#call(this.#table.key(place), null, handle)) this.#table.remove(place);
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

  #apply(key: unknown, place: number): void {
    const { outcome } = this.#handle;
    const isNew = place === nowhere;
    if (outcome === 'removed') {
      if (!isNew) this.#table.remove(place);
      return;
    }
    if (outcome === 'updated') {
      if (isNew) this.#table.add(key, this.#handle.get());
      else this.#table.set(place, this.#handle.get());
    }
    if (!isNew) this.#table.touch(place);
  }
}
