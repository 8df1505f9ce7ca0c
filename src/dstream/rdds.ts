import { allOrFirstError } from '../base/deferred.ts';
import { describe } from '../base/describe.ts';
import { formatDuration } from '../base/duration.ts';
import { messageOf, StreamjobError } from '../base/errors.ts';
import { guarded, guardedCall } from '../base/watchdog.ts';
import { catalog } from '../catalog/index.ts';
import type { OperatorDefinition } from '../component/operator.ts';
import type { BatchPlan, RddConsumer, RddOptions, Rdds } from '../component/rdds.ts';
import type { Partition } from '../component/source.ts';
import { loadTables } from '../component/tables.ts';
import { type CompiledFunction, compileFunction, type FunctionEnvironment } from '../function/compile.ts';
import { importModule } from '../function/module.ts';
import type { FunctionReference } from '../function/reference.ts';
import { PlanBuilder } from '../plan/builder.ts';
import { type BatchTimes, expandPlan, hasTransforms } from '../plan/expand.ts';
import { type Edge, type NodeId, type Origin, type PlanNode, stepName, type TransformNode } from '../plan/plan.ts';
import { WireReader } from '../plan/wire.ts';
import { materialised } from '../sources/materialised.ts';
import { FunctionTexts } from './functionTexts.ts';
import { RDD } from './rdd.ts';
import { badTransform, RddRecording } from './rddRecording.ts';
import { TextFiles } from './textFiles.ts';

/** The steps that need nothing but the batch. */
async function loadOperators(): Promise<ReadonlyMap<string, OperatorDefinition>> {
  const { names, load } = catalog.operators;
  const all = await Promise.all(names.map(async (name) => [name, await load(name)] as const));
  return new Map(
    all.filter(([name, { group }]) => !name.startsWith('transform') && /^per (record|batch)$/.test(group)),
  );
}

interface Loaded {
  readonly environment: FunctionEnvironment;
  readonly operators: ReadonlyMap<string, OperatorDefinition>;
  readonly files: TextFiles;
}

/** A function of the user that is called on the driver, and the functions that it gives to RDDs. */
interface Caller {
  readonly call: CompiledFunction;
  readonly texts: FunctionTexts;
}

/** Calls the functions of transform and foreachRDD, and turns what they record into plans. */
export class JobRdds implements Rdds {
  readonly #options: RddOptions;
  readonly #loaded: Loaded;
  readonly #transforms = new Map<NodeId, Caller>();

  private constructor(options: RddOptions, loaded: Loaded) {
    this.#options = options;
    this.#loaded = loaded;
    for (const node of options.plan.nodes) {
      if (node.kind === 'transform') this.#transforms.set(node.id, this.#caller(node.fn));
    }
  }

  static async open(options: RddOptions): Promise<JobRdds> {
    const { module } = options.plan;
    const exports = module ? await importModule(module.path) : {};
    return new JobRdds(options, {
      environment: { exports, tables: await loadTables(options.plan, catalog.formats.load) },
      operators: await loadOperators(),
      files: await TextFiles.open(options),
    });
  }

  async expand(times: BatchTimes): Promise<BatchPlan | undefined> {
    const { plan, taskTimeout } = this.#options;
    if (!hasTransforms(plan)) return undefined;
    const recordings: RddRecording[] = [];
    const expanded = expandPlan(plan, times, (node, builder) => {
      const recording = this.#record(builder, node.origin, this.#transforms.get(node.id)!);
      recordings.push(recording);
      const call = () => callTransform(node, this.#transforms.get(node.id)!, recording, times.time);
      return guardedCall(taskTimeout, hangs(node.origin, taskTimeout), call);
    });
    return { plan: expanded, ...(await this.#addedSources(recordings, expanded.nodes)) };
  }

  consumer(fn: FunctionReference, origin: Origin): RddConsumer {
    const caller = this.#caller(fn);
    const { plan, taskTimeout } = this.#options;
    return async (partitions, time) => {
      const builder = new PlanBuilder(plan.batchInterval);
      builder.origin = { ...origin, component: 'materialised' };
      const given = builder.source({ config: {} });
      builder.origin = origin;
      const recording: RddRecording = this.#record(builder, origin, caller, (edge, limit) =>
        this.#collect({ builder, recording, given, partitions, time }, edge, limit),
      );
      const call = () => caller.call(recording.rdd(given), time, recording);
      await guarded(taskTimeout, hangs(origin, taskTimeout), call);
      await allOrFirstError(recording.actions);
    };
  }

  #caller(fn: FunctionReference): Caller {
    const { environment } = this.#loaded;
    // What a function of the module uses inside is not known from its name.
    const exports = /=>|^\s*function\b/.test(fn.text) ? (fn.exports ?? []) : Object.keys(environment.exports);
    const texts = new FunctionTexts({ exports, ...(fn.tables && { tables: fn.tables }) });
    return { call: compileFunction(fn, environment), texts };
  }

  #record(
    plan: PlanBuilder,
    origin: Origin,
    { texts }: Caller,
    collect?: (edge: Edge, limit: number | undefined) => Promise<unknown[]>,
  ): RddRecording {
    const { operators } = this.#loaded;
    return new RddRecording({ plan, origin, operators, capture: (f, scope) => texts.capture(f, scope), collect });
  }

  async #addedSources(
    recordings: readonly RddRecording[],
    nodes: readonly PlanNode[],
  ): Promise<Pick<BatchPlan, 'configs' | 'inputs'>> {
    const configs = new Map<NodeId, unknown>();
    const inputs = new Map<NodeId, readonly Partition[]>();
    for (const { literals, files } of recordings) {
      for (const [id, partitions] of literals) inputs.set(id, partitions);
      for (const id of literals.keys()) configs.set(id, {});
      for (const [id, path] of files) {
        const { config, partitions } = await this.#loaded.files.read(path, nodes[id]!.origin);
        configs.set(id, config);
        inputs.set(id, partitions);
      }
    }
    return { configs, inputs };
  }

  /** The records of an edge: those that were given are here, others come of a run of their own. */
  async #collect(consumed: Consumed, edge: Edge, limit = Number.POSITIVE_INFINITY): Promise<unknown[]> {
    const { builder, recording, given, partitions, time } = consumed;
    if (edge.from === given.from) return decode(partitions, limit);
    const { plan, run } = this.#options;
    const id = builder.nodes.length;
    const origin = { ...builder.origin, component: 'collect' };
    const nodes: PlanNode[] = [...builder.nodes, { id, origin, kind: 'sink', input: edge, config: {} }];
    const added = await this.#addedSources([recording], nodes);
    const inputs = new Map(added.inputs).set(
      given.from,
      partitions.map((bytes) => [materialised(bytes)]),
    );
    const configs = new Map(added.configs).set(given.from, {}).set(id, {});
    const sinks = await run({ plan: { ...plan, nodes }, configs, inputs }, time);
    return decode(
      sinks.get(id)!.map(({ bytes }) => bytes as Uint8Array),
      limit,
    );
  }
}

/** A batch in the hands of a function of foreachRDD. */
interface Consumed {
  readonly builder: PlanBuilder;
  readonly recording: RddRecording;
  readonly given: Edge;
  readonly partitions: readonly Uint8Array[];
  readonly time: number;
}

function callTransform(node: TransformNode, { call }: Caller, recording: RddRecording, time: number): Edge {
  const { origin, inputs, as, onError } = node;
  const rdds = inputs.map((input) => recording.rdd(input));
  const first = recording.size;
  try {
    const result = call(...(as === 'list' ? [rdds] : rdds), time, recording);
    if (!(result instanceof RDD)) throw noRdd(result);
    const edge = recording.edgeOf(result as RDD<never>);
    if (onError) recording.catchErrors(first, onError);
    return edge;
  } catch (thrown) {
    throw transformFailed(origin, thrown);
  }
}

/** Said by another thread while this one hangs, so it is a text beforehand. */
function hangs({ at, ...step }: Origin, taskTimeout: number): string {
  const place = at ? `${at.file}:${at.line}:${at.column}  ` : '';
  const message = `${stepName(step)}: the function keeps the driver thread busy for more than ${formatDuration(taskTimeout)} (settings.taskTimeout); the process ends`;
  return `${place}task-timeout  ${message}\n      Look for an endless loop in it, or give it more time; large work belongs to the functions of steps, on the workers.`;
}

const noRdd = (result: unknown): StreamjobError =>
  badTransform(
    `the function must give an RDD, and gave ${describe(result)}`,
    result instanceof Promise
      ? 'A transform is synchronous: it says what is to be run. Use foreachRDD for what has to be waited for.'
      : 'Return what comes of the RDD that it is given, or context.emptyRDD() for nothing.',
  );

function transformFailed(origin: Origin, cause: unknown): StreamjobError {
  const known = cause instanceof StreamjobError;
  const message = known || !(cause instanceof Error) ? messageOf(cause) : String(cause);
  return new StreamjobError(known ? cause.code : 'step-failed', `${stepName(origin)}: ${message}`, {
    at: origin.at,
    cause,
    remedy: known ? cause.remedy : undefined,
  });
}

function decode(partitions: readonly Uint8Array[], limit: number): unknown[] {
  const records: unknown[] = [];
  for (const bytes of partitions) {
    const reader = new WireReader(bytes);
    while (!reader.done && records.length < limit) records.push(reader.read());
  }
  return records;
}
