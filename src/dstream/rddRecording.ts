import { dirname, resolve } from 'node:path';
import { StreamjobError } from '../base/errors.ts';
import type { OperatorDefinition } from '../component/operator.ts';
import type { Partition } from '../component/source.ts';
import type { FunctionReference } from '../function/reference.ts';
import type { PlanBuilder } from '../plan/builder.ts';
import { toLiteral } from '../plan/literal.ts';
import type { Edge, NodeId, Origin } from '../plan/plan.ts';
import { slice } from '../sources/queue.ts';
import { ApiConfig, type ScopedFunction } from './apiConfig.ts';
import { canFail } from './buildPlan.ts';
import type { Recorded } from './graph.ts';
import { RDD, type RddRecorder } from './rdd.ts';
import type { RddContext } from './rddContext.ts';
import { writeTextDirectory } from './textDirectory.ts';
import type { JsonScope } from './types.ts';

export interface RecordingParts {
  readonly plan: PlanBuilder;
  readonly origin: Origin;
  readonly operators: ReadonlyMap<string, OperatorDefinition>;
  /** Throws StreamjobError `captured-variable`. */
  capture(f: (...args: never[]) => unknown, scope: JsonScope | undefined): ScopedFunction;
  /** Runs what leads to an edge and gives its records; absent where no actions are allowed. */
  readonly collect?: ((edge: Edge, limit: number | undefined) => Promise<unknown[]>) | undefined;
}

/** What one call of a function of the user records: its RDDs are edges of a plan that grows. */
export class RddRecording implements RddRecorder, RddContext {
  readonly literals = new Map<NodeId, readonly Partition[]>();
  /** The paths of text files, by the node that reads them. */
  readonly files = new Map<NodeId, string>();
  /** The batch is not done before them, even if the function did not wait. */
  readonly actions: Promise<unknown>[] = [];
  readonly #parts: RecordingParts;
  readonly #edges = new Map<Recorded, Edge>();
  readonly #functions: FunctionReference[] = [];

  constructor(parts: RecordingParts) {
    this.#parts = parts;
  }

  rdd<T = never>(edge: Edge): RDD<T> {
    const { origin } = this.#parts;
    const recorded: Recorded = { kind: 'broken', origin };
    this.#edges.set(recorded, edge);
    return new RDD<T>(this, recorded);
  }

  /** Throws StreamjobError `bad-transform` for what is no RDD of this recording. */
  edgeOf({ recorded }: RDD<never>): Edge {
    const edge = this.#edges.get(recorded);
    if (edge) return edge;
    throw badTransform(
      'an RDD of another batch was used',
      'Use the RDDs that the function is given, and what comes of them.',
    );
  }

  step(parent: RDD<never>, component: string, settings: unknown): RDD<never> {
    const input = this.edgeOf(parent);
    const { plan, origin, operators } = this.#parts;
    const definition = operators.get(component);
    if (!definition) throw noStepOfRdds(component, operators);
    const formats = { names: [], get: () => undefined };
    const edgeOf = (recorded: Recorded): Edge => this.edgeOf({ recorded } as RDD<never>);
    const checked = new ApiConfig({ ...origin, component }, settings).check(definition, { edgeOf, formats })!;
    this.#functions.push(...checked.functions);
    return this.rdd(definition.build(plan, input, checked.config as never));
  }

  fn(f: (...args: never[]) => unknown, scope: JsonScope | undefined): ScopedFunction {
    return this.#parts.capture(f, scope);
  }

  collect(rdd: RDD<never>, action: string, limit?: number): Promise<unknown[]> {
    const { collect } = this.#parts;
    if (!collect) throw noActions(action);
    return this.#action(collect(this.edgeOf(rdd), limit));
  }

  saveAsText(rdd: RDD<never>, path: string): Promise<void> {
    const { origin } = this.#parts;
    const target = resolve(origin.at ? dirname(origin.at.file) : '.', path);
    const partitions = this.collect(rdd.glom() as RDD<never>, 'saveAsTextFile') as Promise<unknown[][]>;
    return this.#action(partitions.then((lists) => writeTextDirectory(target, lists)));
  }

  parallelize<T>(values: readonly T[], partitions = 1): RDD<T> {
    if (!Array.isArray(values)) throw badTransform('parallelize wants a list of values', 'Write parallelize([…]).');
    if (!Number.isInteger(partitions) || partitions < 1)
      throw badTransform('parallelize wants a number of partitions from 1 on', 'Leave it out for a single one.');
    const edge = this.#source('queue');
    this.literals.set(edge.from, slice(values.map(toLiteral), partitions));
    return this.rdd(edge);
  }

  textFile(path: string): RDD<string> {
    if (typeof path !== 'string' || path === '')
      throw badTransform('textFile wants a path', "Write textFile('lines.txt').");
    const edge = this.#source('files');
    this.files.set(edge.from, path);
    return this.rdd(edge);
  }

  union<T>(rdds: readonly RDD<T>[]): RDD<T> {
    return this.rdd(this.#parts.plan.union({ inputs: rdds.map((rdd) => this.edgeOf(rdd as never)) }));
  }

  emptyRDD<T = never>(): RDD<T> {
    return this.parallelize<T>([]);
  }

  /** How many nodes the plan has. */
  get size(): number {
    return this.#parts.plan.nodes.length;
  }

  /** Marks those of the added nodes, from `first` on, in which a function of the user can fail on a record. */
  catchErrors(first: number, onError: 'skip' | 'emit'): void {
    const { nodes } = this.#parts.plan;
    for (const node of nodes.slice(first)) {
      if (canFail(node, this.#functions)) nodes[node.id] = { ...node, onError };
    }
  }

  #action<T>(action: Promise<T>): Promise<T> {
    this.actions.push(action);
    return action;
  }

  #source(component: string): Edge {
    const { plan, origin } = this.#parts;
    plan.origin = { ...origin, component };
    const edge = plan.source({ config: {} });
    plan.origin = origin;
    return edge;
  }
}

/** `what` is said behind the name of the step. */
export const badTransform = (what: string, remedy: string): StreamjobError =>
  new StreamjobError('bad-transform', what, { remedy });

const noActions = (action: string): StreamjobError =>
  badTransform(
    `${action}() is an action, and a transform runs nothing: it says what is to be run`,
    'Give an RDD, made by map, filter, join and the like; use foreachRDD for actions.',
  );

const noStepOfRdds = (component: string, operators: ReadonlyMap<string, unknown>): StreamjobError =>
  badTransform(`RDDs have no step ${component}`, `There are ${[...operators.keys()].join(', ')}.`);
