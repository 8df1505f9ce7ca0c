import { StreamjobError } from '../../base/errors.ts';
import type { JsonValue } from '../../base/json.ts';
import type { Memory, PlannedInput, SourceContext, SourceDriver } from '../../component/source.ts';
import { type KafkaClient, nameOf, openClient } from '../../kafka/client.ts';
import { connectionOf } from '../../kafka/settings.ts';
import { intoPartitions, share } from './cutting.ts';
import { GroupCommits } from './groupCommits.ts';
import { Lookout } from './lookout.ts';
import type { KafkaConfig, OffsetRange } from './types.ts';

/**
 * How large a message is taken to be: brokers tell how many there are, not how large. Who slows the source down compares bytes with
 * bytes that it was given, so any size will do.
 */
const nominalBytes = 100;
/** How long a batch waits for brokers to say what is new; after that, it takes what was known before. In milliseconds. */
const patience = 300;
/** Brokers that have just been started may not know yet how far a partition goes. In milliseconds. */
const lossAfter = 5000;

/** Decides which messages belong to a batch. */
export class KafkaDriver implements SourceDriver {
  readonly #config: KafkaConfig;
  readonly #context: SourceContext;
  readonly #client: KafkaClient;
  readonly #lookout: Lookout;
  readonly #commits: GroupCommits;
  /** By partition, the offset with which the next batch begins. */
  readonly #positions = new Map<string, number>();
  /** By batch, what it reads. */
  readonly #planned = new Map<number, readonly OffsetRange[]>();
  /** Since when a partition ends before the position. */
  readonly #shorter = new Map<string, number>();
  #changes = new Map<string, JsonValue>();
  #restored = false;
  /** With `--once`, where the partitions ended at the start. */
  #ends: ReadonlyMap<string, number> | undefined;
  #lastTime: number | undefined;
  #stopped = false;

  constructor(config: KafkaConfig, context: SourceContext) {
    const { job, name, log } = context;
    this.#config = config;
    this.#context = context;
    this.#client = openClient(connectionOf(config));
    this.#commits = new GroupCommits(this.#client, config.groupId ?? job, (message) =>
      log('warn', `${name}: ${message}`),
    );
    this.#lookout = new Lookout({ client: this.#client, config, context, positions: this.#positions });
  }

  restore(memory: Memory): void {
    for (const [name, offset] of memory) {
      if (name === lookedKey) this.#restored = true;
      else this.#positions.set(name, offset as number);
    }
  }

  /** A broker that is away is waited for, unless there is only this once. */
  async start(): Promise<void> {
    await this.#lookout.start(this.#restored);
  }

  async plan(time: number, maxBytes = Number.POSITIVE_INFINITY): Promise<PlannedInput> {
    const { once, parallelism } = this.#context;
    if (!this.#ends) await this.#lookout.lookWithin(patience);
    this.#noteNewPartitions();
    if (once) this.#ends ??= new Map(this.#lookout.ends);
    const ranges = this.#take(time, maxBytes);
    if (ranges.length > 0) this.#planned.set(time, ranges);
    const records = ranges.reduce((sum, { from, until }) => sum + until - from, 0);
    const memory = this.#changes;
    this.#changes = new Map();
    const partitions = intoPartitions(ranges.length > 0 || !once ? ranges : this.#toRemember(memory), parallelism);
    return { partitions, done: once && this.#isAtEnd(), bytes: records * nominalBytes, memory };
  }

  /** Where partitions begin is to be kept, also if nothing has been read of them. */
  #noteNewPartitions(): void {
    const found = this.#lookout.takeFound();
    if (!found) return;
    for (const name of found) this.#changes.set(name, this.#positions.get(name)!);
    this.#changes.set(lookedKey, true);
  }

  /** With `--once`, a batch that reads nothing: it remembers where the next run begins. */
  #toRemember(memory: Memory): OffsetRange[] {
    return this.#lookout.partitions.flatMap((partition) => {
      const from = this.#positions.get(nameOf(partition));
      return from !== undefined && memory.has(nameOf(partition)) ? [{ ...partition, from, until: from }] : [];
    });
  }

  #isAtEnd(): boolean {
    return [...this.#ends!].every(([name, end]) => (this.#positions.get(name) ?? end) >= end);
  }

  #take(time: number, maxBytes: number): OffsetRange[] {
    const { maxRecordsPerBatch, maxRatePerPartition = Number.POSITIVE_INFINITY } = this.#config;
    const most = Math.max(1, Math.floor(Math.min(maxRecordsPerBatch, maxBytes / nominalBytes)));
    const seconds = (time - (this.#lastTime ?? time - 1000)) / 1000;
    this.#lastTime = time;
    const ranges = share(this.#backlog(), most, Math.max(1, Math.floor(maxRatePerPartition * seconds)));
    for (const range of ranges) {
      this.#positions.set(nameOf(range), range.until);
      this.#changes.set(nameOf(range), range.until);
    }
    return ranges;
  }

  #backlog(): OffsetRange[] {
    const ends = this.#ends ?? this.#lookout.ends;
    return this.#lookout.partitions.flatMap((partition) => {
      const name = nameOf(partition);
      const until = ends.get(name);
      if (until === undefined || !this.#positions.has(name)) return [];
      const from = this.#checkedPosition(name, until);
      return from < until ? [{ ...partition, from, until }] : [];
    });
  }

  /** A partition that ends before the position has been made anew, or has lost messages. */
  #checkedPosition(name: string, end: number): number {
    const position = this.#positions.get(name)!;
    if (position <= end) {
      this.#shorter.delete(name);
      return position;
    }
    const since = this.#shorter.get(name) ?? Date.now();
    this.#shorter.set(name, since);
    if (!this.#context.once && Date.now() - since < lossAfter) return position;
    const lost = shorter(name, position, end);
    if (this.#config.onDataLoss === 'fail') throw lost;
    this.#context.log('warn', `${lost.message} The job reads it from its beginning (onDataLoss: skip).`);
    this.#positions.set(name, 0);
    return 0;
  }

  async committed(time: number): Promise<void> {
    for (const [planned, ranges] of this.#planned) {
      if (planned > time) continue;
      this.#planned.delete(planned);
      if (planned === time) this.#commits.add(ranges);
    }
    if (this.#context.once || this.#stopped) await this.#close();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#lookout.stop();
    await this.#close();
  }

  /** There may be batches to come, whose commits connect anew. */
  async #close(): Promise<void> {
    await this.#commits.settled();
    if (this.#stopped) await this.#client.close();
  }
}

/** Remembered beside the offsets: partitions that are found after the first look are new, and read from their beginning. */
const lookedKey = 'looked';

const shorter = (name: string, position: number, end: number): StreamjobError =>
  new StreamjobError(
    'input-changed',
    `${name} ends at offset ${end}, but has been read up to ${position}: the topic was made anew, or has lost messages.`,
    {
      remedy: 'With `onDataLoss: skip` it is read from its beginning; `--fresh` forgets all that the job knows.',
    },
  );
