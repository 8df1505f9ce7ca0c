import { StreamjobError } from '../base/errors.ts';
import type { JsonValue } from '../base/json.ts';
import { didYouMean } from '../base/suggest.ts';
import { catalog } from '../catalog/index.ts';
import type { CheckContext, SettingProblem, WithSettings } from '../component/check.ts';
import type { FunctionReference } from '../function/reference.ts';
import type { Edge, Origin } from '../plan/plan.ts';

/**
 * A stream job as it was put together, step by step: parents before their children. Components are known by name only;
 * they are loaded when a plan is made of the graph (buildPlan.ts).
 */
export class Graph {
  readonly steps: Recorded[] = [];

  source(step: New<RecordedSource>): Recorded {
    return this.#add({ kind: 'source', ...step });
  }

  operator(step: New<RecordedOperator>): Recorded {
    return this.#add({ kind: 'operator', ...step });
  }

  union(step: New<RecordedUnion>): Recorded {
    return this.#add({ kind: 'union', ...step });
  }

  errors(step: New<RecordedErrors>): Recorded {
    return this.#add({ kind: 'errors', ...step });
  }

  sink(step: New<RecordedSink>): Recorded {
    return this.#add({ kind: 'sink', ...step });
  }

  /** Stands for a stream that could not be made out, so that what follows it can still be checked. */
  broken(origin: Origin): Recorded {
    return this.#add({ kind: 'broken', origin });
  }

  #add(step: Recorded): Recorded {
    if ('component' in step) requireComponent(step);
    this.steps.push(step);
    return step;
  }
}

export type Recorded =
  | RecordedSource
  | RecordedOperator
  | RecordedUnion
  | RecordedErrors
  | RecordedSink
  | RecordedBroken;

export interface RecordedSource extends WithComponent {
  readonly kind: 'source';
}

export interface RecordedOperator extends WithComponent {
  readonly kind: 'operator';
  readonly parent: Recorded;
}

/** The parents one after the other. */
export interface RecordedUnion extends WithOrigin {
  readonly kind: 'union';
  readonly parents: readonly Recorded[];
}

/** What failed in some steps. */
export interface RecordedErrors extends WithOrigin {
  readonly kind: 'errors';
  readonly of: readonly Recorded[];
}

export interface RecordedSink extends WithComponent {
  readonly kind: 'sink';
  readonly parent: Recorded;
}

export interface RecordedBroken extends WithOrigin {
  readonly kind: 'broken';
}

interface WithOrigin {
  readonly origin: Origin;
}

interface WithComponent extends WithOrigin {
  readonly config: ConfigInput;
  /** What becomes of a record that a function, or the decoding of a source, fails on; without it the task fails. */
  readonly onError?: 'skip' | 'emit' | undefined;
  readonly component: string;
}

type New<S> = Omit<S, 'kind'>;

/** The settings of a component as someone gave them, and how they become a config. */
export interface ConfigInput {
  /** As a plan records them: `${NAME}` unresolved, functions as texts. */
  readonly written: JsonValue;
  /**
   * Checks and completes them. What is wrong is thrown, or reported to whom the maker of this knows; then, or if a stream that
   * they name has no edge, the answer is undefined.
   */
  check(component: CheckedBy, surroundings: Surroundings): CheckedConfig | undefined;
  /** For what shows only after the check; `path` is within the settings. Throws it, or reports it. */
  refuse(problem: SettingProblem): void;
}

export interface Surroundings {
  /** The edge out of a stream that was built before. */
  edgeOf(stream: Recorded): Edge | undefined;
  readonly formats: CheckContext['formats'];
}

export type CheckedBy = Omit<WithSettings, 'name'>;

export interface CheckedConfig {
  readonly config: unknown;
  /** The functions that the user wrote. */
  readonly functions: readonly FunctionReference[];
}

const groupOf = { source: 'sources', operator: 'operators', sink: 'sinks' } as const;

function requireComponent({ kind, component }: RecordedSource | RecordedOperator | RecordedSink): void {
  const { names, has } = catalog[groupOf[kind]];
  if (has(component)) return;
  const what = kind === 'operator' ? 'step' : kind;
  throw new StreamjobError('unknown-component', `No ${what} is called ${component}.`, {
    remedy: `${didYouMean(component, names)}There are ${names.join(', ')}.`,
  });
}
