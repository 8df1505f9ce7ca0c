import { formatByteSize } from '../../base/byteSize.ts';
import { StreamjobError } from '../../base/errors.ts';
import { catalog } from '../../catalog/index.ts';
import type { SinkDefinition } from '../../component/sink.ts';
import { compileFunction } from '../../function/compile.ts';
import { importModule } from '../../function/module.ts';
import type { FunctionReference } from '../../function/reference.ts';
import { type NodeId, type Plan, type PlanNode, stepName } from '../../plan/plan.ts';
import { type Leaf, type Stage, stagesOf } from '../../plan/stages.ts';
import { PoolExhausted, SlabWriter } from '../wire/extents.ts';
import type { LeafTask, OpenMessage, TaskDone, TaskMessage } from '../wire/messages.ts';
import { type SlabPool, slabBytes } from '../wire/slabs.ts';
import { BucketWriter } from './bucketWriter.ts';
import { compileFunctions, type NodeFunctions, type UserFunction } from './functions.ts';
import { type LeafWriter, openLeaf, SinkLeaf } from './leaves.ts';
import type { BlockReader } from './pushdown.ts';
import { readShuffle } from './roots.ts';
import { openBlocks, openSources, readSource, sourcePushdown, type TaskSource } from './sources.ts';
import { type CompiledStage, compileStage } from './stage.ts';

/** What a job's nodes need to run here. */
interface Parts {
  readonly functions: ReadonlyMap<NodeId, NodeFunctions>;
  readonly sources: ReadonlyMap<NodeId, TaskSource>;
  readonly sinks: ReadonlyMap<NodeId, SinkDefinition>;
  readonly compile: Compile;
}

interface ReadyStage {
  readonly stage: CompiledStage;
  /** For a stage that begins at a source. */
  readonly blocks: BlockReader | undefined;
}

/** Runs the tasks of a job on one thread, one at a time. */
export class TaskRunner {
  readonly #pool: SlabPool;
  readonly #slabs: SlabWriter;
  readonly #job: OpenMessage;
  readonly #stages: readonly Stage[];
  readonly #parts: Parts;
  /** Compiled at a stage's first task. */
  readonly #ready: (ReadyStage | undefined)[] = [];
  #time = 0;

  private constructor(job: OpenMessage, memory: { pool: SlabPool; owner: number }, parts: Parts) {
    this.#job = job;
    this.#pool = memory.pool;
    this.#slabs = new SlabWriter(memory.pool, memory.owner);
    this.#stages = stagesOf(job.plan);
    this.#parts = parts;
  }

  /** Loads the functions module and the components that the plan names. Rejects with the user's error. */
  static async open(job: OpenMessage, memory: { pool: SlabPool; owner: number }): Promise<TaskRunner> {
    const exports = job.plan.module ? await importModule(job.plan.module.path) : {};
    const compile = eachOnce((reference) => compileFunction(reference, { exports, tables: {} }) as UserFunction);
    const functions = compileFunctions(job.plan, compile);
    const [sources, sinks] = await Promise.all([openSources(job.plan, job.configs), openSinks(job.plan)]);
    return new TaskRunner(job, memory, { functions, sources, sinks, compile });
  }

  /** Runs a task. Rejects with the user's error; then nothing of the task remains. */
  async run(task: TaskMessage): Promise<TaskDone> {
    const stage = this.#stages[task.stage]!;
    const ready = (this.#ready[stage.id] ??= this.#compile(stage));
    this.#time = task.time;
    const leaves = stage.leaves.map((leaf, i) => this.#openLeaf(leaf, task, task.leaves[i]!));
    try {
      ready.stage.open(leaves);
      const recordsIn = await this.#feed(stage, task, ready);
      ready.stage.close();
      const results = [];
      for (const leaf of leaves) results.push(await leaf.close());
      return { type: 'taskDone', id: task.id, recordsIn, leaves: results, slabs: this.#slabs.takeSlabs() };
    } catch (thrown) {
      for (const leaf of leaves) leaf.abort?.();
      throw thrown instanceof PoolExhausted ? this.#memoryLimit(stage.root) : thrown;
    } finally {
      this.#slabs.close();
    }
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

  #openLeaf({ node }: Leaf, { time, attempt }: TaskMessage, { partition, targets }: LeafTask): LeafWriter {
    if (node.kind !== 'sink') return openLeaf(node, new BucketWriter(this.#slabs, targets), partition);
    const { configs, plan } = this.#job;
    const { sinks, compile } = this.#parts;
    const task = { time, job: plan.name, sink: node.origin.name, partition, attempt, compile };
    return new SinkLeaf(sinks.get(node.id)!.worker(configs.get(node.id) as never, task));
  }

  async #feed({ root }: Stage, task: TaskMessage, { stage, blocks }: ReadyStage): Promise<number> {
    const { functions, sources } = this.#parts;
    if (blocks) return readSource(sources.get(root.id)!, task.splits, { stage, blocks, pool: this.#pool });
    readShuffle(root, task.buckets, stage, { pool: this.#pool, functions: functions.get(root.id) });
    return 0;
  }

  #memoryLimit(root: PlanNode): StreamjobError {
    const limit = formatByteSize(this.#pool.count * slabBytes);
    return new StreamjobError(
      'memory-limit',
      `the shuffle behind ${stepName(root.origin)} does not fit into ${limit}`,
      {
        at: root.origin.at,
        remedy: 'Raise settings.memoryLimit, or make batches smaller (batchInterval, maxBytesPerBatch).',
      },
    );
  }
}

type Compile = (reference: FunctionReference) => UserFunction;

/** A sink asks for its functions in every task. */
function eachOnce(compile: Compile): Compile {
  const compiled = new Map<FunctionReference, UserFunction>();
  return (reference) => {
    const known = compiled.get(reference) ?? compile(reference);
    compiled.set(reference, known);
    return known;
  };
}

async function openSinks(plan: Plan): Promise<ReadonlyMap<NodeId, SinkDefinition>> {
  const sinks = new Map<NodeId, SinkDefinition>();
  for (const { id, kind, origin } of plan.nodes) {
    if (kind === 'sink') sinks.set(id, await catalog.sinks.load(origin.component));
  }
  return sinks;
}
