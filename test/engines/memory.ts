import type { InitialPair } from '#src/component/initial.ts';
import { KeyState } from '#src/engine/keyState.ts';
import type { CompiledFunction } from '#src/function/compile.ts';
import { keyGroup, partitionOfGroup } from '#src/plan/hash.ts';
import { KeyedTable } from '#src/plan/keyedTable.ts';
import type { NodeId, StateNode } from '#src/plan/plan.ts';

/** The records of a port: a list for each partition. */
export type Records = unknown[][];

/** What goes from batch to batch, as of some batch. It is never changed: a batch makes a new one. */
export interface Memory {
  /** Of each window what each of its batches brought, for as long as the job runs. */
  readonly windows: ReadonlyMap<NodeId, readonly PastBatch[]>;
  /** Of each state its partitions. */
  readonly states: ReadonlyMap<NodeId, readonly States[]>;
}

export const nothing: Memory = { windows: new Map(), states: new Map() };

export interface PastBatch {
  readonly time: number;
  readonly records: Records;
  /** What could not be merged in this batch. */
  readonly unmerged: readonly unknown[];
}

type States = readonly Held[];

interface Held {
  readonly key: unknown;
  readonly state: unknown;
  readonly touched: number;
}

/** One batch of a state: the states after it, and what the step gives, by partition. */
export interface StateBatch {
  readonly after: readonly States[];
  readonly out: Records;
}

export interface StateCall {
  readonly node: StateNode;
  readonly fn: CompiledFunction;
  readonly initial: readonly InitialPair[];
  readonly time: number;
  readonly partitions: number;
  /** A call that throws changes nothing. */
  attempt<T>(given: unknown, work: () => T): T | undefined;
}

/** `before` is absent in the first batch. */
export function stepState(
  pairs: readonly (readonly [unknown, unknown])[],
  before: readonly States[] | undefined,
  call: StateCall,
): StateBatch {
  const { node, partitions, time } = call;
  const batches = Array.from({ length: partitions }, (_, partition) => {
    const mine = ([key]: readonly [unknown, unknown]) => partitionOfGroup(keyGroup(key), partitions) === partition;
    const table = new KeyedTable<Held>();
    for (const held of before?.[partition] ?? []) table.add(held.key, held);
    if (!before) for (const [key, state] of call.initial.filter(mine)) table.add(key, { key, state, touched: time });
    const step = node.op === 'updateStateByKey' ? updateAll : mapRecords;
    const given = step(table, pairs.filter(mine), call);
    const after = [...table].map(([, held]) => held);
    return { after, out: node.emit === 'snapshot' ? after.map(({ key, state }) => [key, state]) : given };
  });
  return { after: batches.map(({ after }) => after), out: batches.map(({ out }) => out) };
}

type Step = (table: KeyedTable<Held>, pairs: readonly (readonly [unknown, unknown])[], call: StateCall) => unknown[];

const updateAll: Step = (table, pairs, { fn, time, attempt }) => {
  const values = new KeyedTable<unknown[]>();
  for (const [key] of table) values.add(key, []);
  for (const [key, value] of pairs) values.add(key, [...(values.find(key) ?? []), value]);
  for (const [key, list] of values) {
    attempt({ key, values: list }, () => {
      const state = fn(list, table.find(key)?.state, key, time);
      if (state === null || state === undefined) table.delete(key);
      else table.add(key, { key, state, touched: time });
    });
  }
  return [];
};

const mapRecords: Step = (table, pairs, { node, fn, time, attempt }) => {
  const out: unknown[] = [];
  const call = (key: unknown, value: unknown, handle: KeyState): void => {
    const result = fn(key, value, handle, time);
    if (result !== undefined) out.push(result);
  };
  for (const [key, value] of pairs) {
    const held = table.find(key);
    const handle = new KeyState().wrap(held !== undefined, held?.state);
    attempt({ key, value }, () => {
      call(key, value, handle);
      if (handle.outcome === 'removed') table.delete(key);
      else if (handle.exists()) table.add(key, { key, state: handle.get(), touched: time });
    });
  }
  const idle = [...table].filter(([, { touched }]) => node.timeout !== undefined && touched < time - node.timeout);
  for (const [key, { state }] of idle) {
    attempt({ key, value: null }, () => {
      call(key, null, new KeyState().wrapTimingOut(state));
      table.delete(key);
    });
  }
  return out;
};
