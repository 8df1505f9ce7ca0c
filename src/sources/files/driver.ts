import { setTimeout as sleep } from 'node:timers/promises';
import { formatDuration } from '../../base/duration.ts';
import { messageOf, StreamjobError } from '../../base/errors.ts';
import { failpoint } from '../../base/failpoint.ts';
import type { JsonValue } from '../../base/json.ts';
import { overlapsItself } from '../../component/delimited.ts';
import type { Memory, PlannedInput, SourceContext, SourceDriver } from '../../component/source.ts';
import { cutIntoPartitions } from './cutting.ts';
import { openPlace, type Place } from './listing.ts';
import { dispose } from './processed.ts';
import { type FileRange, type FilesConfig, type FoundFile, isCompressed } from './types.ts';
import { Watchlist } from './watchlist.ts';

/** A file of which the batches so far have taken the first bytes. */
interface Begun {
  readonly file: FoundFile;
  readonly offset: number;
}

/** Lists the directory at each batch, and gives the batch those files that are complete and new. */
export class FilesDriver implements SourceDriver {
  readonly #config: FilesConfig;
  readonly #context: SourceContext;
  readonly #watchlist: Watchlist;
  readonly #stopping = new AbortController();
  /** By batch, the files whose last bytes it reads. */
  readonly #finished = new Map<number, readonly FoundFile[]>();
  /** Batches of the earlier run that are done, but for what `onProcessed` says. */
  #leftOver: readonly number[] = [];
  #place!: Place;
  #cuttable = false;
  #begun: Begun | undefined;
  #looked = false;
  /** Bytes that the one listing of `--once` has found and no batch has taken; of files that went away too. */
  #left = 0;
  #trouble = '';
  /** An earlier run has been here. */
  #restored = false;
  /** Changes of what is to be remembered, but for the files that are done. */
  #changes = new Map<string, JsonValue>();

  constructor(config: FilesConfig, context: SourceContext) {
    this.#config = config;
    this.#context = context;
    this.#watchlist = new Watchlist(config, context);
  }

  restore(memory: Memory, unfinished: ReadonlySet<number>): void {
    this.#restored = true;
    for (const [key, value] of memory) {
      if (key === begunKey) this.#begun = value as unknown as Begun;
      else if (!key.startsWith('@')) this.#watchlist.done.restore(key, value as never);
      else this.#finished.set(timeOf(key), value as unknown as FoundFile[]);
    }
    this.#leftOver = [...this.#finished.keys()].filter((time) => !unfinished.has(time));
  }

  /** Throws StreamjobError `file-missing`. */
  async start(): Promise<void> {
    for (const time of this.#leftOver) await this.#dispose(time, true);
    const { path, format, delimiter, newOnly, recursive } = this.#config;
    this.#cuttable =
      (await this.#context.loadFormat(format.name)).cuttable(format.config) && !overlapsItself(Buffer.from(delimiter));
    this.#place = await openPlace(path, recursive);
    const there = await this.#place.list().catch((error: unknown) => {
      throw cannotList(this.#place.directory, messageOf(error), error);
    });
    if (!there && this.#context.once) throw cannotList(this.#place.directory, 'it does not exist');
    if (!newOnly || this.#restored) return;
    await this.#watchlist.update(there ?? []);
    this.#watchlist.finishAll();
  }

  async plan(time: number, maxBytes = Number.POSITIVE_INFINITY): Promise<PlannedInput> {
    const { once, parallelism } = this.#context;
    if (!once) await this.#look();
    else if (!this.#looked) this.#left = await this.#lookOnce();
    this.#looked = true;
    const begun = this.#begun;
    const { ranges, finished, more } = this.#take(maxBytes);
    if (begun !== this.#begun)
      this.#changes.set(begunKey, this.#begun ? { ...this.#begun, file: { ...this.#begun.file } } : null);
    if (finished.length > 0 && this.#config.onProcessed !== 'keep') {
      this.#finished.set(time, finished);
      this.#changes.set(
        disposalKey(time),
        finished.map((file) => ({ ...file })),
      );
    }
    const partitions = cutIntoPartitions(ranges, parallelism, this.#cuttable);
    const bytes = ranges.reduce((sum, { length }) => sum + length, 0);
    this.#left = more ? Math.max(0, this.#left - bytes) : 0;
    return { partitions, done: once && !more, bytes, ...(once && { left: this.#left }), memory: this.#takeMemory() };
  }

  #takeMemory(): Memory {
    const memory = this.#watchlist.done.takeChanges();
    for (const [key, value] of this.#changes) memory.set(key, value);
    this.#changes = new Map();
    return memory;
  }

  async committed(time: number, synced: () => Promise<void>): Promise<void> {
    if (!this.#finished.has(time)) return;
    await synced();
    await this.#dispose(time);
  }

  /** What is left to do when the process ends in the middle of it is done at the next start. */
  async #dispose(time: number, again = false): Promise<void> {
    for (const file of this.#finished.get(time) ?? []) {
      failpoint('source.dispose');
      await dispose(file, this.#config.onProcessed, this.#context, again);
      failpoint('source.disposed');
    }
    this.#finished.delete(time);
    this.#changes.set(disposalKey(time), null);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
  }

  /** A listing that fails is no listing: nothing is new, nothing has gone. What is the matter is said once. */
  async #look(): Promise<void> {
    const { directory } = this.#place;
    try {
      const paths = await this.#place.list();
      if (paths) await this.#watchlist.update(paths);
      this.#say(paths ? '' : `waiting for the directory ${directory}, which is not there`, 'info');
    } catch (error) {
      this.#say(`cannot list ${directory}: ${messageOf(error)}`, 'warn');
    }
  }

  #say(trouble: string, level: 'info' | 'warn'): void {
    const said = trouble || `${this.#place.directory} is there`;
    this.#context.state(trouble ? 'waiting' : 'active', said);
    if (trouble === this.#trouble) return;
    this.#trouble = trouble;
    this.#context.log(level, `${this.#context.name}: ${said}`);
  }

  /** What is there now is all there will be; files that may still be written get the time to ripen. Gives the bytes of all. */
  async #lookOnce(): Promise<number> {
    await this.#look();
    await this.#ripen();
    return [...this.#waiting()].reduce((sum, { file, offset }) => sum + file.size - offset, 0);
  }

  async #ripen(): Promise<void> {
    const { name, log } = this.#context;
    const { paths, ripeAt } = this.#watchlist.young();
    if (paths.length === 0) return;
    const wait = Math.min(this.#config.minAge, Math.max(0, ripeAt - Date.now()));
    const files = paths.length === 1 ? paths[0] : `${paths.length} files`;
    log(
      'info',
      `${name}: waiting up to ${formatDuration(Math.ceil(wait))} to see whether ${files} may still be written (minAge)`,
    );
    await sleep(Math.ceil(wait) + 1, undefined, { signal: this.#stopping.signal }).catch(() => {});
    for (const path of paths) this.#watchlist.look(path);
    for (const path of this.#watchlist.young().paths)
      log('warn', `${name}: ${path} is still being written, and left to the next run`);
  }

  /** As many files as a batch may have, or bytes of them; `more` if some are left. */
  #take(maxBytes: number): { ranges: FileRange[]; finished: FoundFile[]; more: boolean } {
    const { maxFilesPerBatch = Number.POSITIVE_INFINITY } = this.#config;
    const maxBytesPerBatch = Math.max(1, Math.floor(Math.min(this.#config.maxBytesPerBatch, maxBytes)));
    const ranges: FileRange[] = [];
    const finished: FoundFile[] = [];
    let bytes = 0;
    let files = 0;
    for (const begun of this.#waiting()) {
      if (files === maxFilesPerBatch || bytes >= maxBytesPerBatch) return { ranges, finished, more: true };
      if (begun.offset === 0 && !this.#watchlist.stillRipe(begun.file)) continue;
      const range = this.#rangeOf(begun, maxBytesPerBatch - bytes);
      if (range.length > 0) ranges.push(range);
      bytes += range.length;
      files++;
      this.#begun = this.#rest(range);
      if (this.#begun) return { ranges, finished, more: true };
      this.#watchlist.finish(begun.file);
      finished.push(begun.file);
    }
    return { ranges, finished, more: false };
  }

  /** A file that has been begun comes first, also if it has been renamed since. */
  *#waiting(): Generator<Begun> {
    const begun = this.#begun && { file: this.#watchlist.current(this.#begun.file), offset: this.#begun.offset };
    if (begun) yield begun;
    for (const file of this.#watchlist.ripe()) if (file !== begun?.file) yield { file, offset: 0 };
  }

  #rangeOf({ file, offset }: Begun, room: number): FileRange {
    const rest = file.size - offset;
    const cuttable = this.#cuttable && !isCompressed(file.path);
    return { file, offset, length: cuttable ? Math.min(rest, room) : rest };
  }

  #rest({ file, offset, length }: FileRange): Begun | undefined {
    return offset + length < file.size ? { file, offset: offset + length } : undefined;
  }
}

/** What is remembered: the file that has been begun, files to be disposed of after their batch, and, by identity, files done. */
const begunKey = 'begun';
const disposalKey = (time: number): string => `@${time}/dispose`;
const timeOf = (key: string): number => Number.parseInt(key.slice(1), 10);

const cannotList = (directory: string, why: string, cause?: unknown): StreamjobError =>
  new StreamjobError('file-missing', `Cannot look for files in ${directory}: ${why}.`, {
    cause,
    remedy: 'Make the directory, and let the user who runs the job read it.',
  });
