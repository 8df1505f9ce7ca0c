import { StreamjobError } from '../../base/errors.ts';
import { deadLetter } from '../../engine/deadLetter.ts';
import { type NodeId, type Plan, type PlanNode, stepName } from '../../plan/plan.ts';
import { previewValue } from '../../plan/preview.ts';
import type { Stage } from '../../plan/stages.ts';
import { checkValue, deepFreeze, notAValue } from '../../plan/value.ts';
import type { NodeFunctions } from './functions.ts';
import { checkHeap } from './heap.ts';
import type { LeafWriter } from './leaves.ts';
import { type StageCodeOptions, stageCode } from './stageCode.ts';
import { maxTokens } from './tokenizer.ts';

/** A stage ready to run, one task after the other: `open`, then `push` and `bad` as often as needed, then `close`. */
export interface CompiledStage {
  open(leaves: readonly LeafWriter[]): void;
  push(records: readonly unknown[]): void;
  /** In place of `push` if the lines are split on bytes: the first `count` texts, with their tokens. */
  pushTokens(texts: readonly string[], tokens: Int32Array, count: number): void;
  /** A record that failed at the root itself: it could not be decoded, or a merge behind the shuffle threw. `time`: see Failure. */
  bad(record: unknown, thrown: unknown, time?: number): void;
  close(): void;
}

/** Compiles a stage. `time` gives the time of the batch that is running. */
export function compileStage(
  stage: Stage,
  options: StageCodeOptions & { plan: Plan; functions: ReadonlyMap<NodeId, NodeFunctions>; time: () => number },
): CompiledStage {
  const node = (id: NodeId): PlanNode => options.plan.nodes[id]!;
  const use = {
    f: Object.fromEntries(options.functions),
    failed: (id: NodeId, record: unknown, thrown: unknown) => stepFailed(node(id), record, thrown),
    dead: (id: NodeId, record: unknown, thrown: unknown, time = options.time()) =>
      deadLetter(record, thrown, node(id).origin, time),
    isPair,
    notPair,
    sortKey,
    iterable,
    guard: (id: NodeId, record: unknown) => guard(node(id), record, options.strict),
    checkHeap,
    tokenCells: () => new Array(maxTokens).fill(undefined),
  };
  return new Function('use', stageCode(stage, options))(use) as CompiledStage;
}

export const isPair = (record: unknown): record is readonly [unknown, unknown] =>
  Array.isArray(record) && record.length === 2;

export const notPair = (record: unknown): StreamjobError =>
  new StreamjobError('not-a-pair', `wants pairs [key, value], but got ${previewValue(record)}`, {
    remedy: 'Make pairs before it, for example with `map: x => [x, 1]` or `keyBy`.',
  });

/** Most are texts or numbers. */
function sortKey(by: unknown): unknown {
  if (typeof by === 'string' || typeof by === 'number') return by;
  const foreign = checkValue(by);
  if (foreign !== undefined) throw notAValue(foreign);
  return by;
}

/** What flatMap and mapPartitions accept as result. */
function iterable(result: unknown): readonly unknown[] {
  if (Array.isArray(result)) return result;
  if (typeof result === 'object' && result !== null && Symbol.iterator in result) {
    return [...(result as Iterable<unknown>)];
  }
  throw new StreamjobError(
    'not-a-value',
    `must return an array or another iterable, but returned ${previewValue(result)}`,
    {
      remedy: 'Return a list, an empty one for nothing: `x => (x ? [x] : [])`.',
    },
  );
}

/** `node` is the one that gave the record. */
function guard(node: PlanNode, record: unknown, strict: boolean): void {
  const foreign = checkValue(record);
  if (foreign !== undefined) {
    throw new StreamjobError('not-a-value', `${stepName(node.origin)} gave ${foreign}, which is no record value`, {
      at: node.origin.at,
      record: previewValue(record),
      remedy: 'Return plain data: numbers, strings, arrays, plain objects, dates, bytes, maps and sets of these.',
    });
  }
  if (strict) deepFreeze(record);
}

/** What a user is told of a function that threw: the step, the place, the record. */
export function stepFailed(node: PlanNode, record: unknown, thrown: unknown): StreamjobError {
  const known = thrown instanceof StreamjobError;
  const message = thrown instanceof Error ? (known ? thrown.message : String(thrown)) : `threw ${previewValue(thrown)}`;
  return new StreamjobError(known ? thrown.code : 'step-failed', `${stepName(node.origin)}: ${message}`, {
    at: node.origin.at,
    record: previewValue(record),
    cause: thrown,
    ...(known && thrown.remedy !== undefined && { remedy: thrown.remedy }),
  });
}
