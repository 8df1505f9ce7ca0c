import type { JsonValue } from '../base/json.ts';
import type { PlanBuilder } from '../plan/builder.ts';
import type { Edge } from '../plan/plan.ts';
import type { Setting, Static } from './settings.ts';

/** A step of a job. It adds core nodes to the plan; no engine knows operators. */
export interface OperatorDefinition<S extends Setting = Setting> {
  readonly summary: string;
  readonly group: 'per record' | 'per batch' | 'windows' | 'state';
  /** What it does with a record of another shape is an error at run time: `pairs` wants `[key, value]`. */
  readonly takes: 'records' | 'pairs';
  readonly config: S;
  /** The setting that a value in place of the settings stands for: `reduceByKey: (a, b) => a + b`. */
  readonly short?: string;
  readonly examples: readonly OperatorExample[];
  /** True if what the step keeps from batch to batch must survive a restart; absent: never. */
  needsCheckpoint?(config: Static<S>): boolean;
  /** Adds the nodes of this step behind `input` and returns the edge out of the last one. */
  build(plan: PlanBuilder, input: Edge, config: Static<S>): Edge;
}

/** Shown in the reference, and run as a test on every engine. Records compare as multisets, batch by batch. */
export interface OperatorExample {
  readonly title: string;
  /** The step, or a list of steps, as in a job file. */
  readonly yaml: string;
  /** Batches of the stream that the step follows. */
  readonly given: readonly (readonly JsonValue[])[];
  /** Batches of the stream that the step names `other`, if it names one. */
  readonly other?: readonly (readonly JsonValue[])[];
  readonly expect: readonly (readonly JsonValue[])[];
  readonly ordered?: boolean;
}

export const defineOperator = <const S extends Setting>(definition: OperatorDefinition<S>): OperatorDefinition<S> =>
  definition;
