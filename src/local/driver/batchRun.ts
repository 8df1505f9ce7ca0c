import { StreamjobError } from '../../base/errors.ts';
import type { CommitMessage } from '../../component/sink.ts';
import type { Split } from '../../component/source.ts';
import type { Batch, BatchResult } from '../../engine/engine.ts';
import type { StageFigures } from '../../engine/stageFigures.ts';
import { inputsOf, isDue, type NodeId, type Plan, type PlanNode, slidesOf } from '../../plan/plan.ts';
import { stageName, stagePlace } from '../../plan/stageName.ts';
import { keeps, type Leaf, partitionCounts, partitionOffset, type Stage, turnOf } from '../../plan/stages.ts';
import type { Extents } from '../wire/extents.ts';
import type { LeafTask, TaskDone, TaskMessage, TaskSplit, Variant } from '../wire/messages.ts';
import type { SlabPool } from '../wire/slabs.ts';
import { changesLost, type Holders, type KeptStates } from './keptStates.ts';
import type { RawWindows } from './rawWindows.ts';
import { StageMeter } from './stageMeter.ts';
import type { Standing } from './standing.ts';
import { isDeath } from './threadDeath.ts';
import type { ThreadPool } from './threadPool.ts';

export interface BatchRunOptions {
  readonly plan: Plan;
  readonly stages: readonly Stage[];
  /** Absent for the plan of the job itself. */
  readonly variant?: Variant;
  readonly batch: Batch;
  readonly threads: ThreadPool;
  readonly memory: SlabPool;
  readonly windows: RawWindows;
  readonly taskRetries: number;
  /** Of the windows and states. */
  readonly standing: Standing;
  /** Absent if they are only in memory. */
  readonly kept?: KeptStates | undefined;
  /** What a split of the batch is for a task: blocks are looked up. */
  taskSplit(split: Split): TaskSplit;
  /** Told what each stage did. */
  readonly measured?: (figures: StageFigures) => void;
}

/** One attempt at a batch: its stages as soon as what feeds them is complete, their tasks side by side. */
export class BatchRun {
  readonly #options: BatchRunOptions;
  readonly #slides: readonly number[];
  readonly #counts: readonly number[];
  /** What has arrived at each shuffle input: the buckets of each map task at its place in the order of partitions. */
  readonly #shuffled = new Map<string, (readonly Extents[])[]>();
  readonly #committable = new Map<NodeId, CommitMessage[]>();
  readonly #recordsIn = new Map<NodeId, number>();
  readonly #slabs: number[] = [];
  readonly #holders: Holders = new Map();
  readonly #begin = performance.now();
  #tasks = 0;
  #failed = false;

  constructor(options: BatchRunOptions) {
    this.#options = options;
    const { plan, batch, threads, windows, standing } = options;
    windows.begin(batch.time, standing.time);
    this.#slides = slidesOf(plan);
    this.#counts = partitionCounts(plan, {
      sources: (id) => batch.inputs.get(id)?.length ?? 0,
      windows: (window, arriving) => windows.partitions(window, arriving),
      parallelism: threads.size,
    });
    for (const { kind, id } of plan.nodes) if (kind === 'sink' && this.#isDue(id)) this.#committable.set(id, []);
  }

  /**
   * Rejects with the first error, once nothing of this attempt is running any more; with ChangesLost if another attempt may do
   * better.
   */
  async run(): Promise<BatchResult> {
    try {
      await this.#runStages();
      const { batch, kept, windows } = this.#options;
      const pieces = await kept?.save(batch.time, this.#holders);
      const held = new Map([...(kept?.held(pieces ?? []) ?? []), ...windows.held()]);
      const sinks = withoutHoles(this.#committable);
      return { sinks, recordsIn: this.#recordsIn, tasks: this.#tasks, held, ...(pieces && { kept: pieces }) };
    } finally {
      for (const slab of this.#slabs) this.#options.memory.release(slab);
    }
  }

  async #runStages(): Promise<void> {
    const stages: Promise<void>[] = [];
    for (const stage of this.#options.stages) {
      stages.push(
        this.#runStage(
          stage,
          stage.feeders.map((feeder) => stages[feeder]!),
        ),
      );
    }
    const failure = failureIn(await Promise.allSettled(stages));
    if (failure) throw this.#options.windows.explained(failure.reason);
  }

  async #runStage(stage: Stage, feeders: readonly Promise<void>[]): Promise<void> {
    try {
      await Promise.all(feeders);
    } catch {
      throw cancelled;
    }
    if (turnOf(stage, this.#options.plan, this.#slides, this.#options.batch) === 'rests') return;
    const partitions = Array.from({ length: this.#counts[stage.root.id]! }, (_, partition) => partition);
    const meter = new StageMeter(stage, this.#begin);
    const outcomes = await Promise.allSettled(partitions.map((partition) => this.#runTask(stage, partition, meter)));
    this.#options.measured?.(meter.figures());
    const failure = failureIn(outcomes);
    if (failure) throw failure.reason;
  }

  async #runTask(stage: Stage, partition: number, meter: StageMeter): Promise<void> {
    const ends = this.#isDue(stage.root.id) ? stage.leaves : [];
    const leaves = ends.map((leaf) => this.#leafTask(leaf, partition));
    const done = await meter.task(() => this.#tryTask(stage, partition, leaves));
    this.#tasks++;
    this.#slabs.push(...done.slabs);
    if (keeps(stage.root)) this.#noteHolder(partition, done.owner);
    if (stage.root.kind === 'source') this.#count(stage.root.id, done.recordsIn);
    for (const [i, { node, input }] of ends.entries()) {
      const result = done.leaves[i]!;
      const place = leaves[i]!.partition;
      if ('message' in result) this.#committable.get(node.id)![place] = result.message;
      else if (node.kind === 'window') this.#options.windows.keep(node.id, place, result.buckets[0]!);
      else this.#shuffle(node.id, input)[place] = result.buckets;
    }
  }

  /**
   * Nobody has seen a result of a failed task, and what it has changed of its thread's windows and states is taken back when
   * it is run again, so that it may be run again alone.
   */
  async #tryTask(stage: Stage, partition: number, leaves: readonly LeafTask[]): Promise<TaskDone> {
    for (let attempt = 0; ; attempt++) {
      if (this.#failed) throw cancelled;
      try {
        return await this.#runOnce(stage, partition, leaves);
      } catch (thrown) {
        const final = attempt >= this.#options.taskRetries || !mayPass(thrown);
        if (final) throw this.#fail(ofStage(stage, thrown));
      }
    }
  }

  /** A thread that has nothing of what the batches before had left there is told where to read it. */
  async #runOnce(stage: Stage, partition: number, leaves: readonly LeafTask[]): Promise<TaskDone> {
    const { threads, kept } = this.#options;
    const task = this.#message(stage, partition, leaves);
    const place = this.#place(stage, partition);
    try {
      return await threads.run(task, place);
    } catch (thrown) {
      const isLost = thrown instanceof StreamjobError && thrown.code === 'state-lost';
      if (!isLost || !kept || !task.keeps) throw thrown;
      const { keeps } = task;
      return kept.reading(stage.root.id, task, (pieces) =>
        threads.run({ ...task, keeps: { ...keeps, pieces } }, place),
      );
    }
  }

  /** What a thread that has died had changed is lost, even if the task that it died of has been run again. */
  #noteHolder(partition: number, owner: number): void {
    const { threads, kept } = this.#options;
    const place = partition % threads.size;
    if (kept && (this.#holders.get(place) ?? owner) !== owner) throw this.#fail(changesLost());
    this.#holders.set(place, owner);
  }

  /** Where keyed data lies; anything else may run anywhere. */
  #place(stage: Stage, partition: number): number | undefined {
    return stage.root.kind === 'source' || stage.root.kind === 'window' ? undefined : partition;
  }

  #message(stage: Stage, partition: number, leaves: readonly LeafTask[]): TaskMessage {
    const { batch, taskSplit, standing, variant } = this.#options;
    const { root } = stage;
    const splits = root.kind === 'source' ? batch.inputs.get(root.id)![partition]! : [];
    const id = ++taskIds;
    return {
      type: 'task',
      id,
      ...(variant && { variant }),
      stage: stage.id,
      time: batch.time,
      attempt: `${process.pid}-${id}`,
      run,
      again: batch.again === true,
      splits: splits.map(taskSplit),
      buckets: this.#bucketsOf(root, partition),
      leaves,
      partition,
      partitions: this.#counts[root.id]!,
      ...(keeps(root) && { keeps: standing.of(root.id) }),
      emits: this.#isDue(root.id),
    };
  }

  #bucketsOf(root: PlanNode, partition: number): readonly (readonly Extents[])[] {
    if (root.kind === 'window') {
      return [this.#options.windows.partition(root.id, partition, this.#counts[root.id]!)];
    }
    return inputsOf(root).map((_, input) => this.#shuffledTo(root.id, input, partition));
  }

  #shuffledTo(node: NodeId, input: number, partition: number): readonly Extents[] {
    const buckets: Extents[] = [];
    for (const task of this.#shuffle(node, input)) {
      const bucket = task?.[partition];
      if (bucket !== undefined && bucket.length > 0) buckets.push(bucket);
    }
    return buckets;
  }

  #leafTask(leaf: Leaf, partition: number): LeafTask {
    const { plan } = this.#options;
    const { kind, id } = leaf.node;
    const targets = kind === 'sink' ? 0 : kind === 'window' ? 1 : this.#counts[id]!;
    return { partition: partition + partitionOffset(leaf, plan, this.#counts), targets };
  }

  #shuffle(node: NodeId, input: number): (readonly Extents[])[] {
    const key = `${node} ${input}`;
    const shuffle = this.#shuffled.get(key) ?? [];
    this.#shuffled.set(key, shuffle);
    return shuffle;
  }

  #isDue(node: NodeId): boolean {
    const { time, zeroTime } = this.#options.batch;
    return isDue(this.#slides[node]!, time, zeroTime);
  }

  #count(source: NodeId, records: number): void {
    this.#recordsIn.set(source, (this.#recordsIn.get(source) ?? 0) + records);
  }

  /** The first failure cancels what has not begun. */
  #fail(thrown: unknown): unknown {
    if (!this.#failed) {
      this.#failed = true;
      this.#options.threads.cancel(cancelled);
    }
    return thrown;
  }
}

/** Where streams of different slides come together, some have no partitions in some batches. */
const withoutHoles = (sinks: ReadonlyMap<NodeId, CommitMessage[]>): BatchResult['sinks'] =>
  new Map([...sinks].map(([id, messages]) => [id, messages.filter((message) => message !== undefined)]));

/** What was only cancelled tells nothing, as long as there is why. */
function failureIn(outcomes: readonly PromiseSettledResult<void>[]): PromiseRejectedResult | undefined {
  const failures = outcomes.filter((outcome) => outcome.status === 'rejected');
  return failures.find(({ reason }) => reason !== cancelled) ?? failures[0];
}

/** When the process was started. */
const run = Math.floor(performance.timeOrigin);

const mayPass = (thrown: unknown): boolean =>
  thrown !== cancelled && !(thrown instanceof StreamjobError && !thrown.mayPass);

/** Who ended a thread cannot say which step it was. */
function ofStage(stage: Stage, thrown: unknown): unknown {
  if (!isDeath(thrown) || thrown.at) return thrown;
  const { code, message, remedy, cause } = thrown;
  return new StreamjobError(code, `${stageName(stage)} ${message}`, { at: stagePlace(stage), remedy, cause });
}

/** Why a task did not run: another one had failed. */
const cancelled = new Error('cancelled');

let taskIds = 0;
