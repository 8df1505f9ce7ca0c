import { builtin } from '../function/reference.ts';
import type { PlanBuilder } from './builder.ts';
import type { Edge } from './plan.ts';

export interface JoinOptions {
  /** Keep keys that only this side has; the missing value is null. */
  readonly outer: { readonly left: boolean; readonly right: boolean };
  readonly partitions?: number;
}

/**
 * A record `[key, [left, right]]` for every value of one side with every value of the other. Two steps behind the
 * cogroup, one per side, so that a key with many values on both sides never has all its combinations in one list.
 */
export function addJoin(plan: PlanBuilder, left: Edge, right: Edge, { outer, partitions }: JoinOptions): Edge {
  const grouped = plan.cogroup({ inputs: [left, right], ...(partitions === undefined ? {} : { partitions }) });
  const eachLeft = builtin(
    outer.right
      ? '([left, right]) => (left.length === 0 ? [[null, right]] : left.map((value) => [value, right]))'
      : '([left, right]) => left.map((value) => [value, right])',
  );
  const eachRight = builtin(
    outer.left
      ? '([left, right]) => (right.length === 0 ? [[left, null]] : right.map((value) => [left, value]))'
      : '([left, right]) => right.map((value) => [left, value])',
  );
  const withLeft = plan.narrow({ input: grouped, op: 'flatMap', on: 'value', fn: eachLeft });
  return plan.narrow({ input: withLeft, op: 'flatMap', on: 'value', fn: eachRight });
}
