import { failpoint } from '../base/failpoint.ts';
import type { Partition } from '../component/source.ts';
import { isStored, type StoredBlock } from '../engine/blockFile.ts';
import type { Batch, ReceivedBlock } from '../engine/engine.ts';
import type { KeptPiece } from '../engine/keptPiece.ts';
import { keepersOf } from '../plan/kept.ts';
import { type NodeId, type Plan, stepName } from '../plan/plan.ts';
import { BlockFolder } from './blocks.ts';
import { type Disk, makeDirectory, realDisk, usingDirectory } from './disk.ts';
import type { Journal, Recovered, SourceMemory } from './journal.ts';
import { KeptFolder } from './keptFolder.ts';
import { Lock } from './lock.ts';
import { Log } from './log.ts';
import { format, type Meta, sinksAsBefore, sourcesOf, writeMeta } from './meta.ts';
import { type Places, spansOf } from './pieces.ts';
import { type Checkpoint, filesOf, inputsByNode, readCheckpoint, requireSources } from './recovery.ts';
import { type Entry, type Inputs, JournalState } from './state.ts';

export interface DurableOptions {
  readonly directory: string;
  /** Begin with nothing: what an earlier run has left is removed. */
  readonly fresh?: boolean;
  /** Milliseconds between merges of what states have changed. */
  readonly interval?: number | undefined;
  /** For tests, which count and disturb what is written. */
  readonly disk?: Disk;
  /** For tests: no entry of the journal and no block is removed, so that a test can see what each batch has read. */
  readonly keep?: boolean;
  /** Told of what a user may want to know, such as a repair. */
  log?(level: 'debug' | 'info' | 'warn', message: string): void;
}

/** A journal is written anew when it is larger than this, and than twice what it was when it was new. */
const smallest = 1e6;
/** That a batch is done is safe at the latest after so many milliseconds. */
const syncAfter = 1_000;
const mergeInterval = 10_000;

/** The journal of a checkpoint directory, as README.md of this folder describes it. */
export class DurableJournal implements Journal {
  readonly #directory: string;
  readonly #disk: Disk;
  readonly #options: DurableOptions;
  readonly #log: Log<readonly Entry[]>;
  readonly #folders = new Map<string, BlockFolder>();
  #lock: Lock | undefined;
  /** Only in a job with windows or states. */
  #kept: KeptFolder | undefined;
  #state!: JournalState;
  #names: ReadonlyMap<NodeId, string> = new Map();
  #compactAt = smallest;
  #timer: NodeJS.Timeout | undefined;
  /** A batch was planned that must not become visible before the next sync. */
  #planUnsafe = false;
  #last: Promise<unknown> = Promise.resolve();
  /** After a write that failed nobody knows what is in the file. */
  #broken: unknown;

  constructor(options: DurableOptions) {
    this.#options = options;
    this.#directory = options.directory;
    this.#disk = options.disk ?? realDisk;
    this.#log = new Log(filesOf(options.directory).journal, this.#disk);
  }

  open(plan: Plan): Promise<Recovered> {
    return usingDirectory(this.#directory, () => this.#open(plan));
  }

  async #open(plan: Plan): Promise<Recovered> {
    const files = filesOf(this.#directory);
    await makeDirectory(this.#directory);
    this.#lock = Lock.take(files.lock, plan.name);
    const { meta, state, lines, torn } = this.#options.fresh ? nothing() : await readCheckpoint(this.#directory, plan);
    if (torn > 0) this.#options.log?.('info', `${files.journal}: ${torn} bytes at the end were never written whole`);
    requireSources(this.#directory, state, plan);
    if (meta) this.#tellGone(meta.plan, plan);
    this.#state = state;
    this.#names = new Map(sourcesOf(plan).map(({ id, origin }) => [id, origin.name]));
    const spans: Entry = { spans: spansOf(plan) };
    state.apply(spans);
    await this.#compact(this.#options.keep ? [...lines, [spans]] : undefined);
    if (this.#options.fresh) for (const path of [files.blocks, files.state]) await this.#disk.remove(path);
    await makeDirectory(files.blocks);
    const blocks = await this.#unassigned();
    await this.#openKept(plan, meta);
    await writeMeta(files.meta, metaOf(plan, meta), this.#disk);
    await this.#removeBlocks();
    return this.#recovered(meta && sinksAsBefore(meta.plan, plan), blocks);
  }

  #tellGone(before: Plan, plan: Plan): void {
    const now = new Set(sourcesOf(plan).map(({ origin }) => origin.name));
    const gone = sourcesOf(before).filter(({ origin }) => !now.has(origin.name));
    for (const { origin } of gone) {
      const what = `the job has no source ${origin.name} any more, which the checkpoint remembers`;
      this.#options.log?.('warn', `${what}: if it was only renamed, all is read again under its new name`);
    }
  }

  async #unassigned(): Promise<Map<NodeId, readonly ReceivedBlock[]>> {
    const found = new Map<NodeId, readonly ReceivedBlock[]>();
    for (const [id, name] of this.#names) {
      const folder = new BlockFolder(filesOf(this.#directory).blocks, name, this.#disk);
      this.#folders.set(name, folder);
      const stored = await folder.after(this.#state.taken.get(name));
      if (stored.length > 0) found.set(id, stored.map(receivedBlock));
    }
    return found;
  }

  async #openKept(plan: Plan, meta: Meta | undefined): Promise<void> {
    const keepers = keepersOf(plan);
    if (keepers.length === 0) return;
    const { pieces } = this.#state;
    const log = (level: 'info' | 'warn', message: string): void => this.#options.log?.(level, message);
    for (const { id, node } of keepers) {
      if (!meta || pieces.byKeeper.has(id)) continue;
      log('info', `${id} begins with nothing: the checkpoint has nothing of ${stepName(node.origin)}`);
    }
    const { interval = mergeInterval } = this.#options;
    const directory = filesOf(this.#directory).state;
    const replace = (of: Places, merged: readonly KeptPiece[]): Promise<void> => this.#replace(of, merged);
    const options = { directory, pieces, disk: this.#disk, interval, replace, log };
    this.#kept = await KeptFolder.open(options, this.#lock!.epoch);
  }

  #recovered(sinks: ReadonlySet<NodeId> | undefined, blocks: Recovered['blocks']): Recovered {
    const { zero, last, waiting, memory } = this.#state;
    const ids = new Map([...this.#names].map(([id, name]) => [name, id]));
    const batches = [...waiting].map(([time, inputs]) => ({
      time,
      zeroTime: zero!,
      inputs: inputsByNode(inputs, ids),
    }));
    return {
      ...(zero !== undefined && { zeroTime: zero }),
      ...(last !== undefined && { lastTime: last }),
      unfinished: batches,
      memory: new Map([...this.#names].map(([id, name]) => [id, new Map(memory.get(name))])),
      blocks,
      sinks: sinks ?? new Set(),
      blocksDirectory: filesOf(this.#directory).blocks,
      ...(this.#kept && { state: this.#kept.state }),
    };
  }

  /** A batch that reads nothing is run again from nothing: its plan need not be safe before something of it becomes visible. */
  planned(batch: Batch, memory: SourceMemory): Promise<void> {
    return this.#next(async () => {
      this.#lock!.check();
      await this.#write(this.#planEntries(batch, memory));
      const empty = memory.size === 0 && [...batch.inputs.values()].every((partitions) => partitions.length === 0);
      if (empty) this.#planUnsafe = true;
      else await this.#sync();
    });
  }

  #planEntries({ time, zeroTime, inputs }: Batch, memory: SourceMemory): Entry[] {
    const entries: Entry[] = this.#state.zero === undefined ? [{ zero: zeroTime }] : [];
    for (const [id, changes] of memory) entries.push({ source: this.#nameOf(id), memory: Object.fromEntries(changes) });
    const named = [...inputs].map(([id, partitions]) => [this.#nameOf(id), partitions.map(withoutMemoryPlace)]);
    return [...entries, { planned: time, inputs: Object.fromEntries(named) as Inputs }];
  }

  /** It is with the system at once; the next plan, or a moment of rest, makes it safe against a loss of power. */
  done(time: number, succeeded = true, kept: readonly KeptPiece[] = []): Promise<void> {
    return this.#next(async () => {
      await this.#write([{ done: time, ...(!succeeded && { failed: true }), ...(kept.length > 0 && { kept }) }]);
      this.#syncSoon();
      this.#kept?.begin();
    });
  }

  #syncSoon(): void {
    this.#timer ??= setTimeout(() => void this.synced().catch(() => undefined), syncAfter).unref();
  }

  #replace(of: Places, merged: readonly KeptPiece[]): Promise<void> {
    return this.#next(async () => {
      this.#lock!.check();
      await this.#write([{ merged, of }]);
      failpoint('merge.replaced');
      this.#syncSoon();
    });
  }

  /** Forgets what a step holds, as if it had never run. */
  drop(keeper: string): Promise<void> {
    return this.#next(async () => {
      await this.#write([{ dropped: keeper }]);
      await this.#sync();
    });
  }

  /** Leaves out a batch that waits: it will not be run, and what it read is not read again. */
  skip(time: number, at: number): Promise<void> {
    return this.#next(async () => {
      const inputs = this.#state.waiting.get(time) ?? {};
      await this.#write([{ skipped: time, at, inputs }]);
      await this.#sync();
    });
  }

  synced(): Promise<void> {
    return this.#next(() => this.#sync());
  }

  async check(shows: boolean): Promise<void> {
    if (shows && this.#planUnsafe) await this.synced();
    if (this.#broken) throw this.#broken;
    this.#lock!.check();
  }

  async close(): Promise<void> {
    try {
      await this.#kept?.close(!this.#broken);
      if (this.#state && !this.#broken) await this.synced();
    } finally {
      clearTimeout(this.#timer);
      await this.#log.close();
      this.#lock?.release();
    }
  }

  /**
   * A journal that has become too long is written anew with what it adds up to; the entries are then in there. Who has taken the checkpoint
   * over has a new one already: lines for the old one are lost, but this would take the place of the new one.
   */
  async #write(entries: readonly Entry[]): Promise<void> {
    for (const entry of entries) this.#state.apply(entry);
    if (this.#log.length <= this.#compactAt || this.#options.keep) return this.#log.append(entries);
    this.#lock!.check();
    await this.#compact();
  }

  async #compact(lines: Checkpoint['lines'] = [...this.#state.entries()].map((entry) => [entry])): Promise<void> {
    await this.#log.rewrite(lines);
    this.#compactAt = Math.max(smallest, 2 * this.#log.length);
  }

  async #sync(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await this.#log.sync();
    this.#planUnsafe = false;
    await this.#removeBlocks();
    await this.#kept?.removeEmptied(() => this.#lock!.check());
  }

  /** Blocks of batches that are done; what is not yet safely known to be done may be needed again. */
  async #removeBlocks(): Promise<void> {
    if (this.#options.keep) return;
    const check = (): void => this.#lock!.check();
    for (const [name, folder] of this.#folders) await folder.removeBefore(this.#state.firstFileNeeded(name), check);
  }

  #nameOf(id: NodeId): string {
    return this.#names.get(id)!;
  }

  /** One call after the other; after one that has failed, none. */
  #next(call: () => Promise<void>): Promise<void> {
    const guarded = async (): Promise<void> => {
      if (this.#broken) throw this.#broken;
      await usingDirectory(this.#directory, call).catch((error: unknown) => {
        this.#broken = error;
        throw error;
      });
    };
    const result = this.#last.then(guarded);
    this.#last = result.catch(() => undefined);
    return result;
  }
}

const metaOf = (plan: Plan, before: Meta | undefined): Meta => ({
  format,
  job: plan.name,
  batchInterval: plan.batchInterval,
  created: before?.created ?? new Date().toISOString(),
  plan,
});

/** As if there had been no run. */
const nothing = (): Checkpoint => ({ state: new JournalState(), lines: [], torn: 0 });

/** Where a block lies in memory means nothing to a later process, if it lies on the disk too. */
const withoutMemoryPlace = (partition: Partition): Partition =>
  partition.map((split) => {
    const { block, ...stored } = split;
    return block !== undefined && isStored(stored) ? stored : split;
  });

const receivedBlock = (stored: StoredBlock): ReceivedBlock => ({ bytes: stored.data, stored });
