import type { CommitMessage } from '#src/component/sink.ts';
import type { Batch, BatchResult, Engine, EngineEvents, EngineJob } from '#src/engine/engine.ts';
import type { NodeId } from '#src/plan/plan.ts';

/**
 * An engine that the test turns by hand: it announces blocks when told, and a batch takes as long as the test lets it. Its
 * one output for every sink is the list of splits that the batch read.
 */
export class HandEngine implements Engine {
  readonly parallelism = 2;
  readonly begun: Batch[] = [];
  readonly forgotten: number[] = [];
  receiving = false;
  closed = false;
  broken = false;
  /** Resolves, or rejects, for each batch when it may end. */
  compute: (batch: Batch) => Promise<void> = async () => undefined;
  /** Records that each batch has read of each source. */
  records: ReadonlyMap<NodeId, number> = new Map();
  /** What sources were told to give: bytes a second. */
  readonly limits: (readonly [source: NodeId, bytesPerSecond: number | undefined])[] = [];
  /** Called when the receivers are to stop. */
  lastWords: () => void = () => undefined;
  #job: EngineJob | undefined;
  #blocks = 0;

  get events(): EngineEvents {
    return this.#job!.events;
  }

  async open(job: EngineJob): Promise<void> {
    this.#job = job;
  }

  async receive(): Promise<void> {
    this.receiving = true;
  }

  limit(source: NodeId, bytesPerSecond: number | undefined): void {
    this.limits.push([source, bytesPerSecond]);
  }

  async stopReceiving(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    this.lastWords();
    this.receiving = false;
  }

  /** Announces a block of received data and gives its number. */
  deliver(source: NodeId = 0): number {
    const id = ++this.#blocks;
    this.events.block(source, { id, bytes: 100 });
    return id;
  }

  async runBatch(batch: Batch): Promise<BatchResult> {
    this.begun.push(batch);
    await this.compute(batch);
    const splits: CommitMessage = { splits: [...batch.inputs.values()].flat(2) };
    const sinks = this.#job!.plan.nodes.filter((node) => node.kind === 'sink');
    return { sinks: new Map(sinks.map(({ id }) => [id, [splits]])), recordsIn: this.records, tasks: 1 };
  }

  forget(time: number): void {
    this.forgotten.push(time);
  }

  async close(): Promise<void> {
    this.closed = true;
  }
}
