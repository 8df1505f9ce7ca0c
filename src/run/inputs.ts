import { allOrFirstError } from '../base/deferred.ts';
import { messageOf, placed, StreamjobError } from '../base/errors.ts';
import type { JsonValue } from '../base/json.ts';
import type { Recovered, SourceMemory } from '../checkpoint/journal.ts';
import type { LoadFormat } from '../component/format.ts';
import type {
  Memory,
  Partition,
  PlannedInput,
  SourceContext,
  SourceDefinition,
  SourceDriver,
} from '../component/source.ts';
import type { BatchInputs, ReceivedBlock } from '../engine/engine.ts';
import type { NodeId, Plan, SourceNode } from '../plan/plan.ts';
import { partitionsOfBlocks } from './blocks.ts';

export interface InputOptions {
  readonly plan: Plan;
  readonly configs: ReadonlyMap<NodeId, unknown>;
  readonly parallelism: number;
  readonly once: boolean;
  source(name: string): Promise<SourceDefinition>;
  readonly loadFormat: LoadFormat;
  log(level: 'debug' | 'info' | 'warn', message: string): void;
  /** Told of a source that lists its input, when that has changed. */
  state(source: NodeId, state: 'waiting' | 'active', message: string): void;
}

interface PlannedSource {
  readonly node: SourceNode;
  readonly driver: SourceDriver;
  done: boolean;
  /** Bytes that it has for later batches, if it knows. */
  left: number | undefined;
  /** Changes of what it remembers that no batch has taken along yet. */
  changes: Map<string, JsonValue>;
}

interface ReceivedSource {
  readonly node: SourceNode;
  blocks: ReceivedBlock[];
  ended: boolean;
}

/** What a source gives to a batch. */
interface Taken {
  readonly source: NodeId;
  readonly partitions: readonly Partition[];
  readonly bytes: number;
}

/** More partitions than this many per slot only cost; fewer would leave threads idle at the end of a batch. */
const partitionsPerSlot = 4;

/** The sources of a job: what each batch reads. */
export class Inputs {
  readonly #parallelism: number;
  readonly #planned: readonly PlannedSource[];
  readonly #received: ReadonlyMap<NodeId, ReceivedSource>;
  readonly #allEnded = new AbortController();
  /** Bytes that each source gave to the batches that are under way. */
  readonly #bytes = new Map<number, ReadonlyMap<NodeId, number>>();
  /** Bytes that a source may give to a batch. */
  readonly #limits = new Map<NodeId, number>();
  #stopped: Promise<void> | undefined;

  private constructor(planned: readonly PlannedSource[], received: readonly ReceivedSource[], parallelism: number) {
    this.#planned = planned;
    this.#received = new Map(received.map((source) => [source.node.id, source]));
    this.#parallelism = parallelism;
  }

  static async load(options: InputOptions): Promise<Inputs> {
    const planned: PlannedSource[] = [];
    const received: ReceivedSource[] = [];
    for (const node of options.plan.nodes) {
      if (node.kind !== 'source') continue;
      const definition = await options.source(node.origin.component);
      if (definition.receiver) received.push({ node, blocks: [], ended: false });
      else
        planned.push({
          node,
          driver: openDriver(definition, node, options),
          done: false,
          left: undefined,
          changes: new Map(),
        });
    }
    return new Inputs(planned, received, options.parallelism);
  }

  get hasReceivers(): boolean {
    return this.#received.size > 0;
  }

  /** True while a source that lists its input may have more. */
  get listing(): boolean {
    return this.#planned.some((source) => !source.done);
  }

  /** Bytes that wait for later batches; undefined if one of the sources does not know. */
  get left(): number | undefined {
    if (this.receiving) return undefined;
    return this.#planned.reduce<number | undefined>(
      (sum, { left }) => (sum === undefined || left === undefined ? undefined : sum + left),
      0,
    );
  }

  /** True while a receiver runs. */
  get receiving(): boolean {
    return [...this.#received.values()].some((source) => !source.ended);
  }

  /** True when nothing will ever come any more, and all that came has been given to a batch. */
  get exhausted(): boolean {
    return !this.listing && !this.receiving && [...this.#received.values()].every(({ blocks }) => blocks.length === 0);
  }

  /** Gives back to the sources what an earlier run has left: called before `start`. */
  restore({ zeroTime, memory, blocks, unfinished }: Recovered): void {
    const times = new Set(unfinished.map(({ time }) => time));
    for (const { node, driver } of zeroTime === undefined ? [] : this.#planned)
      driver.restore?.(memory.get(node.id) ?? new Map(), times);
    for (const [source, left] of blocks) for (const block of left) this.addBlock(source, block);
  }

  async start(): Promise<void> {
    await Promise.all(this.#planned.map(({ node, driver }) => calling(node, () => driver.start())));
  }

  addBlock(source: NodeId, block: ReceivedBlock): void {
    this.#received.get(source)?.blocks.push(block);
  }

  /** The receiver, or every receiver, will not give anything any more. */
  end(source?: NodeId): void {
    for (const received of this.#received.values())
      if (source === undefined || received.node.id === source) received.ended = true;
    if (!this.receiving) this.#allEnded.abort();
  }

  /** Aborted when no receiver runs any more. */
  get allEnded(): AbortSignal {
    return this.#allEnded.signal;
  }

  /** The input of a batch: what has been received and, if `list`, what the other sources say. */
  async take(time: number, list: boolean): Promise<BatchInputs> {
    const listed = list ? await this.#list(time) : [];
    const taken = [...listed, ...this.#takeBlocks()].filter(({ partitions }) => partitions.length > 0);
    if (taken.length > 0) this.#bytes.set(time, new Map(taken.map(({ source, bytes }) => [source, bytes])));
    return new Map(taken.sort((a, b) => a.source - b.source).map(({ source, partitions }) => [source, partitions]));
  }

  /** How much each source gave to a batch that is not yet over, as far as it knows. */
  bytesOf(time: number): ReadonlyMap<NodeId, number> {
    return this.#bytes.get(time) ?? new Map();
  }

  /** A source that lists its input is to give about so many bytes to a batch. Undefined: as many as it wants. */
  limit(source: NodeId, bytes: number | undefined): void {
    if (bytes === undefined) this.#limits.delete(source);
    else this.#limits.set(source, bytes);
  }

  /** The batch is over. */
  forget(time: number): void {
    this.#bytes.delete(time);
  }

  /** If one of the sources fails, the batch gets nothing of the others either, and what they remember of it is not to be written down. */
  async #list(time: number): Promise<Taken[]> {
    const plans = await Promise.all(this.#planned.map((source) => this.#ask(source, time)));
    return this.#planned.map((source, index) => {
      const { partitions, done, left, memory, bytes = 0 } = plans[index]!;
      source.done = done;
      source.left = left;
      if (memory) source.changes = withChanges(source.changes, memory);
      return { source: source.node.id, partitions, bytes };
    });
  }

  #ask({ node, driver }: PlannedSource, time: number): Promise<PlannedInput> {
    return calling(node, () => driver.plan(time, this.#limits.get(node.id)));
  }

  #takeBlocks(): Taken[] {
    return [...this.#received.values()].map((source) => {
      const blocks = source.blocks;
      source.blocks = [];
      const partitions = partitionsOfBlocks(blocks, this.#parallelism * partitionsPerSlot);
      return { source: source.node.id, partitions, bytes: blocks.reduce((sum, block) => sum + block.bytes, 0) };
    });
  }

  /** What the sources want to be remembered since the last call. */
  takeMemory(): SourceMemory {
    const memory = new Map<NodeId, Memory>();
    for (const source of this.#planned) {
      if (source.changes.size > 0) memory.set(source.node.id, source.changes);
      source.changes = new Map();
    }
    return memory;
  }

  async committed(time: number, synced: () => Promise<void>): Promise<void> {
    for (const { node, driver } of this.#planned) await calling(node, async () => driver.committed?.(time, synced));
  }

  /** May be called while the sources are being asked, which then comes to its end soon. */
  stop(): Promise<void> {
    this.#stopped ??= allOrFirstError(this.#planned.map(({ node, driver }) => calling(node, () => driver.stop())));
    return this.#stopped;
  }
}

function withChanges(changes: Map<string, JsonValue>, more: Memory): Map<string, JsonValue> {
  for (const [key, value] of more) changes.set(key, value);
  return changes;
}

/** True if there is anything to read. */
export const hasInput = (inputs: BatchInputs): boolean =>
  [...inputs.values()].some((partitions) => partitions.some((partition) => partition.length > 0));

function openDriver(definition: SourceDefinition, node: SourceNode, options: InputOptions): SourceDriver {
  const { plan, configs, parallelism, once, loadFormat, log } = options;
  const state = ofChanges((...said) => options.state(node.id, ...said));
  const context = { job: plan.name, name: node.origin.name, parallelism, once, loadFormat, log, state };
  const driver = definition.driver?.(configs.get(node.id), context);
  if (!driver)
    throw new StreamjobError('not-supported', `The source ${node.origin.component} can neither list nor receive.`);
  return driver;
}

/** Tells only what has not been told just before. */
function ofChanges(tell: SourceContext['state']): SourceContext['state'] {
  let told: string | undefined;
  return (state, message) => {
    const now = `${state} ${message}`;
    if (now !== told) tell(state, message);
    told = now;
  };
}

/** Errors that are not ours get the name of the source. */
async function calling<T>(node: SourceNode, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw sourceError(node, error);
  }
}

function sourceError({ origin }: SourceNode, cause: unknown): unknown {
  if (cause instanceof StreamjobError) return placed(cause, origin.at);
  return new StreamjobError(
    'source-failed',
    `The source ${origin.name} (${origin.component}) failed: ${messageOf(cause)}`,
    {
      at: origin.at,
      cause,
      remedy: 'The job cannot go on without it; mend the cause and start the job again.',
    },
  );
}
