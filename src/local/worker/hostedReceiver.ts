import { type Deferred, deferred } from '../../base/deferred.ts';
import { messageOf, StreamjobError } from '../../base/errors.ts';
import { catalog } from '../../catalog/index.ts';
import type { OnBadRecord } from '../../component/format.ts';
import type { Receiver, ReceiverChannel, ReceiverContext } from '../../component/source.ts';
import { loadTables } from '../../component/tables.ts';
import { BlockWriter } from '../../engine/blockFile.ts';
import type { ReceiverState } from '../../engine/engine.ts';
import { type CompiledFunction, compileFunction } from '../../function/compile.ts';
import { importModule } from '../../function/module.ts';
import type { FunctionReference } from '../../function/reference.ts';
import type { NodeId, Plan, SourceNode } from '../../plan/plan.ts';
import { WireWriter } from '../../plan/wire.ts';
import { toWire } from '../wire/errors.ts';
import { PoolExhausted, SlabWriter } from '../wire/extents.ts';
import type { BadRecord, FromWorker, OpenMessage } from '../wire/messages.ts';
import type { SlabPool } from '../wire/slabs.ts';
import { BlockKeeper } from './blockKeeper.ts';
import { ChannelRecords, type Received } from './channelRecords.ts';
import { RateLimit } from './rateLimit.ts';
import { type FormattedBytes, openBytes } from './sources.ts';

/** Where blocks go, and as whose. */
export interface Memory {
  readonly pool: SlabPool;
  readonly owner: number;
}

export type Say = (message: FromWorker) => void;

/** Of the pool; a shuffle may well be larger than what it moves. */
const blocksShare = 1 / 4;

/** One receiver and the block that it is filling. */
export class HostedReceiver implements ReceiverContext {
  readonly name: string;
  readonly #node: SourceNode;
  readonly #memory: Memory;
  readonly #say: Say;
  readonly #plan: Plan;
  /** Absent for a source that gives records. */
  readonly #channels: ChannelRecords | undefined;
  readonly #wire = new WireWriter();
  readonly #slabs: SlabWriter;
  #keeper: BlockKeeper;
  #receiver!: Receiver;
  #pause: Deferred<void> | undefined;
  readonly #rate = new RateLimit();
  #rateTimer: NodeJS.Timeout | undefined;
  /** Whole records for which no slab was free. */
  #waiting: Received[] = [];
  /** What the block holds so far: the head that its last records are behind, and the connections. */
  #head: Uint8Array | undefined;
  #from = new Set<string>();
  /** Records since the last cut that could not be framed. */
  #bad: BadRecord[] = [];
  /** Resolved by the next cut. */
  #cutting: Deferred<void> | undefined;

  private constructor(node: SourceNode, plan: Plan, bytes: FormattedBytes | undefined, memory: Memory, say: Say) {
    this.name = node.origin.name;
    this.#node = node;
    this.#plan = plan;
    this.#channels = bytes && new ChannelRecords(this.name, bytes);
    this.#memory = memory;
    this.#say = say;
    this.#slabs = new SlabWriter(memory.pool, memory.owner);
    this.#keeper = this.#newKeeper();
  }

  static async open(
    node: SourceNode,
    { plan, configs, blocks }: OpenMessage,
    memory: Memory,
    say: Say,
  ): Promise<HostedReceiver | undefined> {
    const definition = await catalog.sources.load(node.origin.component);
    if (!definition.receiver) return undefined;
    const config = configs.get(node.id) as never;
    const hosted = new HostedReceiver(node, plan, await openBytes(config), memory, say);
    if (blocks !== undefined) await hosted.#keepBlocks(blocks);
    hosted.#receiver = definition.receiver(config, hosted);
    return hosted;
  }

  async #keepBlocks(root: string): Promise<void> {
    this.#keeper = this.#newKeeper(await BlockWriter.open(root, this.name));
  }

  #newKeeper(writer?: BlockWriter): BlockKeeper {
    const failed = (error: unknown): void => this.failed(cannotKeep(this.name, error));
    return new BlockKeeper({ source: this.#node.id, pool: this.#memory.pool, writer, say: this.#say, failed });
  }

  get source(): NodeId {
    return this.#node.id;
  }

  start(): void {
    this.#receiver.start().catch((thrown) => this.failed(thrown));
  }

  /** Afterwards everything received has been announced. */
  async stop(): Promise<void> {
    this.limit(undefined);
    await this.#receiver.stop();
    await this.#allStored();
    this.cut();
    await this.#keeper.close();
    this.#slabs.close();
  }

  state(state: 'waiting' | 'active' | 'idle', message: string): void {
    this.#tell(state, message);
  }

  ended(): void {
    this.limit(undefined);
    void this.#allStored()
      .then(() => this.cut())
      .then(() => this.#keeper.settled())
      .then(
        () => this.#tell('ended', 'end of input'),
        () => undefined,
      );
  }

  failed(thrown: unknown): void {
    this.#tell('failed', messageOf(thrown), thrown);
  }

  channel(label: string): ReceiverChannel {
    const onBad: OnBadRecord = (record, error) => this.#bad.push({ record, error: toWire(error) });
    const { write, end } = this.#channels!.open(label, onBad, (received) => this.#store(received));
    return {
      write: (bytes) => {
        write(bytes);
        return !this.full;
      },
      drained: () => this.drained(),
      end,
    };
  }

  firstError(bytes: Uint8Array): StreamjobError | undefined {
    return this.#channels!.firstError(bytes);
  }

  records(records: readonly unknown[]): void {
    this.#wire.reset();
    for (const record of records) this.#wire.write(record);
    if (this.#wire.length > 0) this.#store({ bytes: this.#wire.bytes(), start: 0, end: this.#wire.length });
  }

  async compile(reference: FunctionReference): Promise<CompiledFunction> {
    const { module } = this.#plan;
    const exports = module ? await importModule(module.path) : {};
    return compileFunction(reference, { exports, tables: await loadTables(this.#plan, catalog.formats.load) });
  }

  /** Announces what has come since the last cut as a block. */
  cut(): void {
    this.#announce();
    const cutting = this.#cutting;
    this.#cutting = undefined;
    if (cutting) this.#keeper.settled().then(cutting.resolve, cutting.reject);
  }

  #announce(): void {
    const extents = this.#slabs.takeExtents();
    const bad = this.#bad;
    if (extents.length + bad.length === 0) return;
    const block = { extents, bad, ...fromSome([...this.#from]) };
    this.#bad = [];
    this.#head = undefined;
    this.#from.clear();
    this.#keeper.take(block, this.#slabs.takeSlabs());
  }

  /** Not at once: a block for each of many small requests would be dear. */
  async stored(): Promise<void> {
    await this.#allStored();
    this.#cutting ??= deferred();
    await this.#cutting.promise;
  }

  freed(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const received of waiting) this.#store(received);
    this.#goOn();
  }

  /** What the source may give a second. */
  limit(bytesPerSecond: number | undefined): void {
    this.#rate.set(bytesPerSecond);
    this.#goOn();
  }

  #goOn(): void {
    clearTimeout(this.#rateTimer);
    if (this.#rate.wait > 0) this.#rateTimer = setTimeout(() => this.#goOn(), this.#rate.wait);
    if (this.full) return;
    this.#pause?.resolve();
    this.#pause = undefined;
  }

  #store(received: Received): void {
    if (this.#waiting.length === 0) {
      try {
        this.#write(received);
        return;
      } catch (thrown) {
        if (!(thrown instanceof PoolExhausted)) throw thrown;
        this.cut();
      }
    }
    const { bytes, start, end, ...more } = received;
    this.#waiting.push({ ...more, bytes: bytes.slice(start, end), start: 0, end: end - start });
  }

  /** In a block, records stand behind the head of their own connection. */
  #write({ bytes, start, end, head, label }: Received): void {
    if (head === undefined || head === this.#head) this.#slabs.write(bytes, start, end);
    else this.#slabs.write(Buffer.concat([head, bytes.subarray(start, end)]), 0, head.length + end - start);
    this.#rate.take(end - start);
    this.#head = head;
    if (label !== undefined) this.#from.add(label);
  }

  get full(): boolean {
    return (
      this.#waiting.length > 0 || this.#rate.wait > 0 || this.#memory.pool.used > this.#memory.pool.count * blocksShare
    );
  }

  async #allStored(): Promise<void> {
    while (this.#waiting.length > 0) await this.drained();
  }

  drained(): Promise<void> {
    if (!this.full) return Promise.resolve();
    this.cut();
    this.#pause ??= deferred();
    const { promise } = this.#pause;
    this.#goOn();
    return promise;
  }

  #tell(state: ReceiverState, message: string, thrown?: unknown): void {
    const error = thrown === undefined ? undefined : toWire(thrown, 'source-failed');
    const { id, origin } = this.#node;
    this.#say({
      type: 'receiver',
      source: id,
      state,
      message,
      ...(error && { error: { ...error, at: error.at ?? origin.at } }),
    });
  }
}

const cannotKeep = (source: string, cause: unknown): StreamjobError =>
  new StreamjobError('checkpoint-failed', `What ${source} received cannot be kept: ${messageOf(cause)}.`, {
    cause,
    remedy:
      'Make room on the disk of the checkpoint, or let the user who runs the job write there; then start it again.',
  });

const namedConnections = 3;

/** How the connections are called that a block came over. */
function fromSome(labels: readonly string[]): { readonly from?: string } {
  const more = labels.length > namedConnections ? ', …' : '';
  if (labels.length < 2) return labels[0] === undefined ? {} : { from: labels[0] };
  return { from: `one of ${labels.slice(0, namedConnections).join(', ')}${more}` };
}
