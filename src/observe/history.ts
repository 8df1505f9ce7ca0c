import type { Held, ReceiverState } from '../engine/engine.ts';
import type { NodeId, Plan } from '../plan/plan.ts';
import { type BatchRecord, newBatch } from './batchRecord.ts';
import { errorText } from './errorText.ts';
import type { BatchInfo, JobListener, OutputInfo } from './events.ts';

type EventOf<Name extends keyof JobListener> = Parameters<NonNullable<JobListener[Name]>>[0];

export type JobStatus = 'starting' | 'running' | 'stopping' | 'ended' | 'failed';

/** What a source last said. */
export interface SourceRecord {
  /** It is sent its input, and does not list it at each batch. */
  readonly receives: boolean;
  readonly state: ReceiverState;
  readonly message: string;
  /** Since when it has this state; milliseconds since the epoch. */
  readonly since: number;
  readonly lastError?: { readonly message: string; readonly time: number };
  /** How many errors it has told. */
  readonly errors: number;
}

/** So many batches are remembered, and so many of them with stages and inputs. */
const retainedBatches = 10_000;
const detailedBatches = 1_000;

/** What has happened in a run so far, for all who look. It costs a little for each batch and nothing for a record. */
export class JobHistory implements JobListener {
  readonly plan: Plan;
  readonly startTime = Date.now();
  status: JobStatus = 'starting';
  /** Why the job stops or failed. */
  reason: string | undefined;
  readonly batches = new Map<number, BatchRecord>();
  /** Receivers, and of the sources that list their input those that have said how they are. */
  readonly sources = new Map<NodeId, SourceRecord>();
  /** Sinks that wait for their other side, and since when; milliseconds since the epoch. */
  readonly waitingSinks = new Map<NodeId, number>();
  /** How many keys each state and window holds. */
  readonly keys = new Map<NodeId, number>();
  /** How much of it there is. */
  readonly held = new Map<NodeId, Held>();
  readonly total = { completed: 0, failed: 0, received: 0, processed: 0 };
  lastCompleted: BatchRecord | undefined;
  readonly #watchers = new Set<(batch?: BatchRecord) => void>();
  readonly #detailed: BatchRecord[] = [];
  readonly #active = new Map<number, BatchRecord>();

  constructor(plan: Plan) {
    this.plan = plan;
  }

  /** Calls back at each change, with the batch if it is one of a batch. Gives a function that ends it. */
  watch(changed: (batch?: BatchRecord) => void): () => void {
    this.#watchers.add(changed);
    return () => this.#watchers.delete(changed);
  }

  /** Batches that are queued or processed. */
  get active(): readonly BatchRecord[] {
    return [...this.#active.values()];
  }

  get waiting(): number {
    return this.active.filter(({ status }) => status === 'queued').length;
  }

  /** The batches that were submitted last, at most so many and a thousand, in their order. Whoever looks often need not walk through all. */
  newest(count: number): readonly BatchRecord[] {
    return this.#detailed.slice(-count);
  }

  started(): void {
    this.status = 'running';
    this.#tell();
  }

  receiver({ source, state, message }: EventOf<'receiver'>): void {
    this.#sourceSays(source, true, state, message);
  }

  listing({ source, state, message }: EventOf<'listing'>): void {
    this.#sourceSays(source, false, state, message);
  }

  sink({ sink, state }: EventOf<'sink'>): void {
    if (state === 'waiting') this.waitingSinks.set(sink, Date.now());
    else this.waitingSinks.delete(sink);
    this.#tell();
  }

  #sourceSays(source: NodeId, receives: boolean, state: ReceiverState, message: string): void {
    const known = this.sources.get(source);
    const failing = state === 'waiting' || state === 'failed';
    const since = known?.state === state ? known.since : Date.now();
    const lastError = failing ? { message, time: Date.now() } : known?.lastError;
    const errors = (known?.errors ?? 0) + (failing ? 1 : 0);
    this.sources.set(source, { receives, state, message, since, errors, ...(lastError && { lastError }) });
    this.#tell();
  }

  batchSubmitted(info: BatchInfo): void {
    const batch = newBatch(info);
    this.batches.set(batch.batchTime, batch);
    this.#active.set(batch.batchTime, batch);
    this.#detailed.push(batch);
    this.#forgetOld();
    this.#tell(batch);
  }

  batchStarted({ batchTime, processingStartTime }: BatchInfo): void {
    const batch = this.batches.get(batchTime);
    if (!batch) return;
    batch.status = 'processing';
    if (processingStartTime !== undefined) batch.processingStartTime = processingStartTime;
    this.#tell(batch);
  }

  stageCompleted({ batchTime, figures }: EventOf<'stageCompleted'>): void {
    this.batches.get(batchTime)?.details?.stages.set(figures.root, figures);
    if (figures.keys !== undefined && figures.root < this.plan.nodes.length) this.keys.set(figures.root, figures.keys);
  }

  outputStarted({ batchTime, sink, startTime }: OutputInfo): void {
    this.batches.get(batchTime)?.details?.outputs.set(sink, { startTime });
  }

  outputCompleted({ batchTime, sink, startTime, endTime, error }: OutputInfo): void {
    const ended = { startTime, ...(endTime !== undefined && { endTime }) };
    const output = error === undefined ? ended : { ...ended, error: errorText(error) };
    this.batches.get(batchTime)?.details?.outputs.set(sink, output);
  }

  batchCompleted({ batchTime, processingEndTime, recordsIn, held, error }: BatchInfo): void {
    const batch = this.batches.get(batchTime);
    if (!batch) return;
    batch.status = 'completed';
    this.#active.delete(batchTime);
    if (processingEndTime !== undefined) batch.processingEndTime = processingEndTime;
    batch.recordsIn = recordsIn ?? recordsOf(batch);
    batch.records = [...batch.recordsIn.values()].reduce((sum, records) => sum + records, 0);
    if (error !== undefined) batch.error = errorText(error);
    for (const [node, much] of held ?? []) this.held.set(node, much);
    this.#count(batch);
    this.#tell(batch);
  }

  stopping({ reason }: { readonly reason: string }): void {
    this.status = 'stopping';
    this.reason = reason;
    this.#tell();
  }

  /** The job has ended; with this error, if it failed. */
  ended(error?: unknown): void {
    this.status = error === undefined ? 'ended' : 'failed';
    if (error !== undefined) this.reason = errorText(error).means;
    this.#tell();
  }

  #count(batch: BatchRecord): void {
    this.lastCompleted = batch;
    this.total.completed += 1;
    this.total.received += batch.records;
    if (batch.error) this.total.failed += 1;
    else this.total.processed += batch.records;
  }

  #forgetOld(): void {
    if (this.#detailed.length > detailedBatches) delete this.#detailed.shift()?.details;
    if (this.batches.size <= retainedBatches) return;
    const oldest = firstCompleted(this.batches.values());
    if (oldest) this.batches.delete(oldest.batchTime);
  }

  #tell(batch?: BatchRecord): void {
    for (const watcher of this.#watchers) watcher(batch);
  }
}

/** Of a batch that failed, what its tasks had read before. */
function recordsOf({ details }: BatchRecord): ReadonlyMap<NodeId, number> {
  const read = [...(details?.stages.values() ?? [])].filter(({ recordsIn }) => recordsIn > 0);
  return new Map(read.map(({ root, recordsIn }) => [root, recordsIn]));
}

/** Batches are submitted in the order of their times, so it is the first but for those that wait. */
function firstCompleted(batches: Iterable<BatchRecord>): BatchRecord | undefined {
  for (const batch of batches) if (batch.status === 'completed') return batch;
  return undefined;
}
