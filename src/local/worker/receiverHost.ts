import { type Deferred, deferred } from '../../base/deferred.ts';
import { messageOf, type StreamjobError } from '../../base/errors.ts';
import { catalog } from '../../catalog/index.ts';
import type { OnBadRecord } from '../../component/format.ts';
import { ChannelFramer } from '../../component/framing.ts';
import type { Receiver, ReceiverChannel, ReceiverContext } from '../../component/source.ts';
import type { ReceiverState } from '../../engine/engine.ts';
import { type CompiledFunction, compileFunction } from '../../function/compile.ts';
import { importModule } from '../../function/module.ts';
import type { FunctionReference } from '../../function/reference.ts';
import type { SourceNode } from '../../plan/plan.ts';
import { WireWriter } from '../../plan/wire.ts';
import { toWire } from '../wire/errors.ts';
import { PoolExhausted, SlabWriter } from '../wire/extents.ts';
import type { BadRecord, FromWorker, OpenMessage } from '../wire/messages.ts';
import type { SlabPool } from '../wire/slabs.ts';
import { type FormattedBytes, openBytes } from './sources.ts';

interface Memory {
  readonly pool: SlabPool;
  readonly owner: number;
}

type Say = (message: FromWorker) => void;

/**
 * Runs the receivers of a job on its I/O thread, and cuts what they take into blocks of whole records, one every
 * blockInterval while something comes. Half of the pool is for blocks, the rest for the batches that work them off: beyond
 * it receivers are asked to pause, and `freed` lets them go on.
 */
export class ReceiverHost {
  readonly #hosted: readonly HostedReceiver[];
  readonly #blockInterval: number;
  #timer: NodeJS.Timeout | undefined;

  private constructor(hosted: readonly HostedReceiver[], blockInterval: number) {
    this.#hosted = hosted;
    this.#blockInterval = blockInterval;
  }

  static async open(job: OpenMessage, memory: Memory, say: Say): Promise<ReceiverHost> {
    const hosted: HostedReceiver[] = [];
    for (const node of job.plan.nodes) {
      if (node.kind !== 'source') continue;
      const receiver = await HostedReceiver.open(node, job, memory, say);
      if (receiver) hosted.push(receiver);
    }
    return new ReceiverHost(hosted, job.blockInterval);
  }

  start(): void {
    for (const receiver of this.#hosted) receiver.start();
    this.#tick();
  }

  async stop(): Promise<void> {
    await Promise.all(this.#hosted.map((receiver) => receiver.stop()));
    clearTimeout(this.#timer);
  }

  freed(): void {
    for (const receiver of this.#hosted) receiver.freed();
  }

  /** Blocks are cut at multiples of blockInterval, as Spark's are. */
  #tick(): void {
    const wait = this.#blockInterval - (Date.now() % this.#blockInterval);
    this.#timer = setTimeout(() => {
      for (const receiver of this.#hosted) receiver.cut();
      this.#tick();
    }, wait);
  }
}

/** One receiver and the block that it is filling. */
class HostedReceiver implements ReceiverContext {
  readonly name: string;
  readonly #node: SourceNode;
  readonly #memory: Memory;
  readonly #say: Say;
  readonly #module: string | undefined;
  /** Absent for a source that gives records. */
  readonly #bytes: FormattedBytes | undefined;
  readonly #wire = new WireWriter();
  readonly #slabs: SlabWriter;
  #receiver!: Receiver;
  #pause: Deferred<void> | undefined;
  /** Whole records for which no slab was free. */
  #waiting: Uint8Array[] = [];
  /** Records since the last cut that could not be framed. */
  #bad: BadRecord[] = [];
  /** Resolved by the next cut. */
  #cutting: Deferred<void> | undefined;

  private constructor(
    node: SourceNode,
    module: string | undefined,
    bytes: FormattedBytes | undefined,
    memory: Memory,
    say: Say,
  ) {
    this.name = node.origin.name;
    this.#node = node;
    this.#module = module;
    this.#bytes = bytes;
    this.#memory = memory;
    this.#say = say;
    this.#slabs = new SlabWriter(memory.pool, memory.owner);
  }

  static async open(
    node: SourceNode,
    { plan, configs }: OpenMessage,
    memory: Memory,
    say: Say,
  ): Promise<HostedReceiver | undefined> {
    const definition = await catalog.sources.load(node.origin.component);
    if (!definition.receiver) return undefined;
    const config = configs.get(node.id) as never;
    const hosted = new HostedReceiver(node, plan.module?.path, await openBytes(config), memory, say);
    hosted.#receiver = definition.receiver(config, hosted);
    return hosted;
  }

  start(): void {
    this.#receiver.start().catch((thrown) => this.failed(thrown));
  }

  /** Afterwards everything received has been announced. */
  async stop(): Promise<void> {
    await this.#receiver.stop();
    await this.#allStored();
    this.cut();
    this.#slabs.close();
  }

  state(state: 'waiting' | 'active' | 'idle', message: string): void {
    this.#tell(state, message);
  }

  ended(): void {
    void this.#allStored().then(() => {
      this.cut();
      this.#tell('ended', 'end of input');
    });
  }

  failed(thrown: unknown): void {
    this.#tell('failed', messageOf(thrown), thrown);
  }

  channel(_label: string): ReceiverChannel {
    const framer = this.#channelFramer((record, error) => this.#bad.push({ record, error: toWire(error) }));
    const store = (bytes: Uint8Array, start: number, end: number): void => this.#store(bytes, start, end);
    return {
      write: (bytes) => {
        framer.push(bytes, store);
        return !this.full;
      },
      drained: () => this.drained(),
      end: () => framer.end((bytes, start, end) => store(...this.#delimited(bytes, start, end))),
    };
  }

  #channelFramer(onBad: OnBadRecord): ChannelFramer {
    const { framer, framing } = this.#bytes!;
    return new ChannelFramer(framer, framing.maxRecordBytes, onBad, this.name);
  }

  /** The last record of a channel may lack its delimiter, and in a block something follows it. */
  #delimited(bytes: Uint8Array, start: number, end: number): [Uint8Array, number, number] {
    const { framer, framing } = this.#bytes!;
    if (framer.lastBoundary(bytes, start, end) === end) return [bytes, start, end];
    const whole = Buffer.concat([bytes.subarray(start, end), framing.delimiter]);
    return [whole, 0, whole.length];
  }

  firstError(bytes: Uint8Array): StreamjobError | undefined {
    let first: StreamjobError | undefined;
    const onBad: OnBadRecord = (_record, error) => {
      first ??= error;
    };
    const framer = this.#channelFramer(onBad);
    const decode = (whole: Uint8Array, start: number, end: number): unknown =>
      this.#bytes!.decoder(whole, start, end, onBad);
    framer.push(bytes, decode);
    framer.end(decode);
    return first;
  }

  records(records: readonly unknown[]): void {
    this.#wire.reset();
    for (const record of records) this.#wire.write(record);
    if (this.#wire.length > 0) this.#store(this.#wire.bytes(), 0, this.#wire.length);
  }

  async compile(reference: FunctionReference): Promise<CompiledFunction> {
    const exports = this.#module === undefined ? {} : await importModule(this.#module);
    return compileFunction(reference, { exports, tables: {} });
  }

  /** Announces what has come since the last cut as a block. */
  cut(): void {
    this.#announce();
    this.#cutting?.resolve();
    this.#cutting = undefined;
  }

  #announce(): void {
    const extents = this.#slabs.takeExtents();
    const bad = this.#bad;
    if (extents.length + bad.length === 0) return;
    this.#bad = [];
    this.#say({ type: 'block', source: this.#node.id, block: { extents, bad }, slabs: this.#slabs.takeSlabs() });
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
    for (const bytes of waiting) this.#store(bytes, 0, bytes.length);
    if (this.full) return;
    this.#pause?.resolve();
    this.#pause = undefined;
  }

  #store(bytes: Uint8Array, start: number, end: number): void {
    if (this.#waiting.length === 0) {
      try {
        this.#slabs.write(bytes, start, end);
        return;
      } catch (thrown) {
        if (!(thrown instanceof PoolExhausted)) throw thrown;
        this.cut();
      }
    }
    this.#waiting.push(bytes.slice(start, end));
  }

  get full(): boolean {
    return this.#waiting.length > 0 || this.#memory.pool.used > this.#memory.pool.count / 2;
  }

  async #allStored(): Promise<void> {
    while (this.#waiting.length > 0) await this.drained();
  }

  drained(): Promise<void> {
    if (!this.full) return Promise.resolve();
    this.cut();
    this.#pause ??= deferred();
    return this.#pause.promise;
  }

  #tell(state: ReceiverState, message: string, thrown?: unknown): void {
    const error = thrown === undefined ? {} : { error: toWire(thrown, 'source-failed') };
    this.#say({ type: 'receiver', source: this.#node.id, state, message, ...error });
  }
}
