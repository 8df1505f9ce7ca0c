import { formatByteSize } from '../../base/byteSize.ts';
import { placed, StreamjobError } from '../../base/errors.ts';
import { catalog } from '../../catalog/index.ts';
import type { SinkDefinition } from '../../component/sink.ts';
import type { SplitOutput } from '../../component/source.ts';
import { loadTables } from '../../component/tables.ts';
import { compileFunction, type FunctionEnvironment } from '../../function/compile.ts';
import { importModule } from '../../function/module.ts';
import type { FunctionReference } from '../../function/reference.ts';
import type { NodeId, PlanNode } from '../../plan/plan.ts';
import { stageName, stagePlace } from '../../plan/stageName.ts';
import { type Leaf, type Stage, stagesOf } from '../../plan/stages.ts';
import { heapRemedy } from '../wire/errors.ts';
import { PoolExhausted, SlabWriter } from '../wire/extents.ts';
import type {
  LeafResult,
  LeafTask,
  OpenMessage,
  PlanMessage,
  Saved,
  SinkWaits,
  TaskDone,
  TaskMessage,
} from '../wire/messages.ts';
import { type SlabPool, slabBytes } from '../wire/slabs.ts';
import { BucketWriter } from './bucketWriter.ts';
import { compileFunctions, type NodeFunctions, type UserFunction } from './functions.ts';
import { HeapExceeded } from './heap.ts';
import { type LeafWriter, openLeaf, SinkLeaf } from './leaves.ts';
import type { BlockReader } from './pushdown.ts';
import { readShuffle } from './roots.ts';
import { Scopes } from './scopes.ts';
import { openBlocks, openSources, readSource, sourcePushdown, type TaskSource } from './sources.ts';
import { type CompiledStage, compileStage } from './stage.ts';
import { Stores } from './stores.ts';
import type { Strays } from './strays.ts';

/** What a job's nodes need to run here. */
interface Parts {
  readonly functions: ReadonlyMap<NodeId, NodeFunctions>;
  readonly sources: ReadonlyMap<NodeId, TaskSource>;
  readonly sinks: ReadonlyMap<NodeId, SinkDefinition>;
  readonly compile: Compile;
  readonly environment: FunctionEnvironment;
  /** What changes from batch to batch, in a plan that does. */
  readonly scopes?: Scopes;
}

interface ReadyStage {
  readonly stage: CompiledStage;
  /** For a stage that begins at a source. */
  readonly blocks: BlockReader | undefined;
}

/** What a task has read, and what is kept behind it. */
type Fed = Pick<TaskDone, 'recordsIn' | 'keys'>;

/** What the thread gives its tasks. */
export interface Surroundings {
  readonly pool: SlabPool;
  /** The thread's number as owner of slabs. */
  readonly owner: number;
  /** Where the records that a task has read are counted, and that its sinks wait for others. */
  readonly progress: Int32Array;
  readonly strays: Strays;
  readonly log: SplitOutput['log'];
  readonly sinkWaits: (waits: Omit<SinkWaits, 'type'>) => void;
}

/** Milliseconds between two signs that a sink waits for others, and does not keep the thread busy. */
const beat = 100;

/** Runs the tasks of a job on one thread, one at a time. */
export class TaskRunner {
  readonly #thread: Surroundings;
  readonly #slabs: SlabWriter;
  readonly #job: OpenMessage;
  readonly #stages: readonly Stage[];
  readonly #parts: Parts;
  readonly #stores: Stores;
  /** Compiled at a stage's first task. */
  readonly #ready: (ReadyStage | undefined)[] = [];
  #time = 0;

  private constructor(job: OpenMessage, thread: Surroundings, parts: Parts, stores = new Stores(job, thread.owner)) {
    this.#job = job;
    this.#thread = thread;
    this.#slabs = new SlabWriter(thread.pool, thread.owner);
    this.#stages = stagesOf(job.plan);
    this.#parts = parts;
    this.#stores = stores;
  }

  /** Loads the functions module and the components that the plan names. Rejects with the user's error. */
  static async open(job: OpenMessage, thread: Surroundings): Promise<TaskRunner> {
    const exports = job.plan.module ? await importModule(job.plan.module.path) : {};
    const tables = await loadTables(job.plan, catalog.formats.load);
    const environment = { exports, tables };
    const compile = eachOnce((reference) => compileFunction(reference, environment) as UserFunction);
    const functions = compileFunctions(job.plan.nodes, compile);
    const [sources, sinks] = await Promise.all([openSources(job.plan.nodes, job.configs), openSinks(job.plan.nodes)]);
    return new TaskRunner(job, thread, { functions, sources, sinks, compile, environment });
  }

  /** For the tasks of a plan that stands for the job's own: what they have in common is shared. */
  async variant({ plan, configs: added, shared }: PlanMessage): Promise<TaskRunner> {
    const { compile, environment } = this.#parts;
    const scopes = new Scopes(environment);
    const scoped: Compile = (reference) => (reference.scope ? scopes.compile(reference) : compile(reference));
    const nodes = plan.nodes.slice(shared);
    const configs = new Map([...this.#job.configs, ...added]);
    const [sources, sinks] = await Promise.all([openSources(nodes, configs), openSinks(nodes)]);
    const parts = {
      functions: joined(this.#parts.functions, compileFunctions(nodes, scoped), shared),
      sources: joined(this.#parts.sources, sources, shared),
      sinks: joined(this.#parts.sinks, sinks, shared),
      compile,
      environment,
      scopes,
    };
    return new TaskRunner({ ...this.#job, plan, configs }, this.#thread, parts, this.#stores);
  }

  /** Runs a task. Rejects with the user's error; then nothing of the task remains. */
  async run(task: TaskMessage): Promise<TaskDone> {
    const stage = this.#stages[task.stage]!;
    const ready = (this.#ready[stage.id] ??= this.#compile(stage));
    this.#time = task.time;
    this.#parts.scopes?.bind(task.variant?.scopes ?? []);
    this.#thread.strays.watch(true);
    const leaves = task.leaves.map((leaf, i) => this.#openLeaf(stage.leaves[i]!, task, leaf));
    try {
      if (task.emits) ready.stage.open(leaves);
      const fed = await this.#feed(stage, task, ready);
      if (task.emits) ready.stage.close();
      await this.#thread.strays.settle(stage);
      const results = await this.#close(leaves);
      this.#thread.strays.check(stage);
      const { owner } = this.#thread;
      const recordsOut = leaves.map(({ records }) => records);
      const slabs = this.#slabs.takeSlabs();
      return { type: 'taskDone', id: task.id, owner, ...fed, leaves: results, recordsOut, slabs };
    } catch (thrown) {
      for (const leaf of leaves) leaf.abort?.();
      throw this.#explained(thrown, stage, leaves);
    } finally {
      this.#thread.strays.watch(false);
      this.#slabs.close();
    }
  }

  /** Writes down what the tasks of a batch have changed in windows and states. */
  async save(time: number): Promise<Saved> {
    return { type: 'saved', pieces: await this.#stores.save(time) };
  }

  #compile(stage: Stage): ReadyStage {
    const { plan, strict } = this.#job;
    const { functions, sources } = this.#parts;
    const source = sources.get(stage.root.id);
    const pushdown = source && !strict ? sourcePushdown(source, stage.pipe.out) : undefined;
    const time = (): number => this.#time;
    const compiled = compileStage(stage, { plan, functions, strict, pushdown, time });
    return { stage: compiled, blocks: source && openBlocks(source, compiled, pushdown) };
  }

  #openLeaf({ node }: Leaf, { time, attempt, run, again }: TaskMessage, { partition, targets }: LeafTask): LeafWriter {
    if (node.kind !== 'sink') return openLeaf(node, new BucketWriter(this.#slabs, targets), partition);
    const { configs, plan } = this.#job;
    const { sinks, compile } = this.#parts;
    const waits = (why?: string): void =>
      this.#thread.sinkWaits({ sink: node.id, attempt, ...(why !== undefined && { why }) });
    const task = { time, job: plan.name, sink: node.origin.name, partition, attempt, run, again, waits, compile };
    return new SinkLeaf(sinks.get(node.id)!.worker(configs.get(node.id) as never, task), node.origin.at);
  }

  async #feed({ root }: Stage, task: TaskMessage, { stage, blocks }: ReadyStage): Promise<Fed> {
    const { functions, sources } = this.#parts;
    if (blocks) {
      const thread = { ...this.#thread, stage, blocks };
      return { recordsIn: await readSource(sources.get(root.id)!, task.splits, thread) };
    }
    const store = await this.#stores.of(root, task, functions.get(root.id));
    readShuffle(root, task.buckets, stage, {
      pool: this.#thread.pool,
      functions: functions.get(root.id),
      store,
      time: task.time,
      emits: task.emits,
      strict: this.#job.strict,
    });
    return { recordsIn: 0, ...(store && { keys: store.keys }) };
  }

  /** While the thread gets to its timers it has not hung, but waits for whom a sink writes to. */
  async #close(leaves: readonly LeafWriter[]): Promise<LeafResult[]> {
    const beating = setInterval(() => void Atomics.add(this.#thread.progress, 1, 1), beat);
    try {
      const results = [];
      for (const leaf of leaves) results.push(await leaf.close());
      return results;
    } finally {
      clearInterval(beating);
    }
  }

  #explained(thrown: unknown, stage: Stage, leaves: readonly LeafWriter[]): unknown {
    if (thrown instanceof PoolExhausted) return this.#memoryLimit(stage);
    if (thrown instanceof HeapExceeded) return heapLimit(thrown, stage, leaves);
    const foreign = thrown instanceof StreamjobError && thrown.code === 'not-a-value' && !thrown.at;
    if (foreign) return gaveNoValue(thrown, stage);
    // Steps and sinks name their own place; a source that cannot be read has none.
    return stage.root.kind === 'source' ? placed(thrown, stage.root.origin.at) : thrown;
  }

  #memoryLimit(stage: Stage): StreamjobError {
    const limit = formatByteSize(this.#thread.pool.count * slabBytes);
    const message = `${stageName(stage)}: what is put together for the next step does not fit into ${limit}, beside what else the job keeps there`;
    return new StreamjobError('memory-limit', message, {
      at: stagePlace(stage),
      remedy: 'Raise settings.memoryLimit, or make batches smaller (batchInterval, maxBytesPerBatch).',
    });
  }
}

/** The first `shared` nodes have what they had. */
const joined = <T>(known: ReadonlyMap<NodeId, T>, added: ReadonlyMap<NodeId, T>, shared: number): Map<NodeId, T> =>
  new Map([...[...known].filter(([id]) => id < shared), ...added]);

/** Names the steps, the keys that their tables hold, and the bytes. */
function heapLimit({ bytes, keys: merged }: HeapExceeded, stage: Stage, leaves: readonly LeafWriter[]): StreamjobError {
  const keys = leaves.reduce((sum, { keys = 0 }) => sum + keys, merged);
  const held = keys > 0 ? `, with ${keys} keys in its tables` : '';
  return new StreamjobError(
    'heap-limit',
    `${stageName(stage)}: the worker thread holds ${formatByteSize(bytes)} of JavaScript memory${held}; settings.workerHeap allows less`,
    { at: stagePlace(stage), remedy: heapRemedy },
  );
}

/** What cannot be written down for the next stage is known where it is written, and there by no step. */
const gaveNoValue = ({ code, message, remedy, cause }: StreamjobError, stage: Stage): StreamjobError =>
  new StreamjobError(code, `${stageName(stage)}: ${message}`, { at: stagePlace(stage), remedy, cause });

type Compile = (reference: FunctionReference) => UserFunction;

/** A sink asks for its functions in every task. */
function eachOnce(compile: Compile): Compile {
  const compiled = new WeakMap<FunctionReference, UserFunction>();
  return (reference) => {
    const known = compiled.get(reference) ?? compile(reference);
    compiled.set(reference, known);
    return known;
  };
}

async function openSinks(nodes: readonly PlanNode[]): Promise<ReadonlyMap<NodeId, SinkDefinition>> {
  const sinks = new Map<NodeId, SinkDefinition>();
  for (const { id, kind, origin } of nodes) {
    if (kind === 'sink') sinks.set(id, await catalog.sinks.load(origin.component));
  }
  return sinks;
}
