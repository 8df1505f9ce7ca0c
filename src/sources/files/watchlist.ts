import { lstatSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import type { SourceContext } from '../../component/source.ts';
import { DoneFiles, identityOf } from './memory.ts';
import { type FilesConfig, type FoundFile, isUnchanged, lookAt } from './types.ts';

/** A name of the last listing. `young`: it may still be written. `settled`: it has been decided about. */
interface Name {
  file: FoundFile | undefined;
  state: 'young' | 'settled';
  /** Since when size and modification time have been as they are. */
  since: number;
  /** The last listing that had it, and the one with which it was looked at. */
  listing: number;
  looked: number;
}

/** Looking at files goes in steps of so many, so that the driver thread stays free for other things. */
const stepSize = 1000;
/** What was looked at with the last listing, so many milliseconds ago, need not be looked at again. */
const freshFor = 500;
/** How many settled names are looked at again in each listing, in turn: a name may have got another file. */
const recheckedNames = 256;

/** Knows every name of the directory, and which files are ripe: complete, and not yet given to a batch. */
export class Watchlist {
  readonly done = new DoneFiles();
  readonly #config: FilesConfig;
  readonly #context: SourceContext;
  readonly #names = new Map<string, Name>();
  /** Files that are ripe and wait for a batch, by identity. */
  readonly #ripe = new Map<string, FoundFile>();
  /** The ripe files in order, and some that no longer are; undefined if one has been added. */
  #order: FoundFile[] | undefined;
  #listing = 0;
  #updatedAt = 0;
  #recheckFrom = 0;

  constructor(config: FilesConfig, context: SourceContext) {
    this.#config = config;
    this.#context = context;
  }

  /** Takes in a listing; only names that are new, young or due are looked at. */
  async update(paths: readonly string[]): Promise<void> {
    this.#listing++;
    const due = paths.length <= recheckedNames ? undefined : this.#dueRange(paths.length);
    for (let i = 0; i < paths.length; i++) {
      const path = paths[i]!;
      const name = this.#names.get(path);
      if (name) name.listing = this.#listing;
      const settled = name?.state === 'settled';
      if (!settled || !due || (i >= due.from && i < due.until)) this.look(path);
      if (i % stepSize === stepSize - 1) await setImmediate();
    }
    this.#dropAbsent();
    this.#updatedAt = Date.now();
  }

  #dueRange(count: number): { from: number; until: number } {
    const from = this.#recheckFrom >= count ? 0 : this.#recheckFrom;
    this.#recheckFrom = from + recheckedNames;
    return { from, until: this.#recheckFrom };
  }

  #dropAbsent(): void {
    const now = Date.now();
    for (const [path, { listing, file }] of this.#names) {
      if (listing === this.#listing) continue;
      this.#names.delete(path);
      if (file) this.done.absent(identityOf(file), path, now);
    }
    this.done.listed(now);
    this.done.forgetBefore(now - this.#config.forgetAfter);
  }

  /** Looks at a file and decides about it, as far as can be. */
  look(path: string): void {
    const file = lookAt(path);
    const before = this.#names.get(path);
    const now = Date.now();
    const same = file && before?.file && isUnchanged(file, before.file);
    const name: Name = {
      file,
      state: 'settled',
      since: same ? before.since : now,
      listing: this.#listing,
      looked: this.#listing,
    };
    this.#names.set(path, name);
    if (before?.file && !same) this.done.absent(identityOf(before.file), path, now);
    if (file) name.state = this.#decide(file, now - name.since, now);
    else if (!before) this.#tellUnreachable(path);
  }

  /** A name that is not UTF-8 is listed with U+FFFD in it, and by that there is no file. */
  #tellUnreachable(path: string): void {
    const { name, log } = this.#context;
    if (!path.includes('\ufffd') || lstatSync(path, { throwIfNoEntry: false })) return;
    log('warn', `${name}: ${path} is not read: its name is not UTF-8; rename it`);
  }

  #decide(file: FoundFile, unchangedFor: number, now: number): Name['state'] {
    const known = this.done.recognise(file);
    if (known === 'changed') this.#tellChanged(file);
    if (known !== 'new') return 'settled';
    const { minAge } = this.#config;
    if (now - file.mtimeMs < minAge && unchangedFor < minAge) {
      this.#ripe.delete(identityOf(file));
      return 'young';
    }
    this.#ripen(file);
    return 'settled';
  }

  #ripen(file: FoundFile): void {
    const identity = identityOf(file);
    const known = this.#ripe.get(identity);
    if (known && isUnchanged(known, file) && known.path === file.path) return;
    this.#ripe.set(identity, file);
    this.#order = undefined;
  }

  #tellChanged(file: FoundFile): void {
    const text = `${file.path} has changed after it was read; the change is not read`;
    if (this.done.tell(file)) this.#context.log('warn', `${this.#context.name}: ${text}`);
  }

  /** The young files, and when all of them can be ripe. */
  young(): { readonly paths: readonly string[]; readonly ripeAt: number } {
    const { minAge } = this.#config;
    const young = [...this.#names].filter(([, { state }]) => state === 'young');
    const times = young.map(([, { file, since }]) => Math.min(since, file?.mtimeMs ?? since) + minAge);
    return { paths: young.map(([path]) => path), ripeAt: times.reduce((a, b) => Math.max(a, b), 0) };
  }

  /** Files that have never been given to a batch, the oldest first. */
  *ripe(): Generator<FoundFile> {
    this.#order ??= [...this.#ripe.values()].sort(byTimeAndPath).reverse();
    const order = this.#order;
    for (let last = order.at(-1); last && !this.#isRipe(last); last = order.at(-1)) order.pop();
    for (let i = order.length - 1; i >= 0; i--) if (this.#isRipe(order[i]!)) yield order[i]!;
  }

  #isRipe = (file: FoundFile): boolean => this.#ripe.get(identityOf(file)) === file;

  /** The same file, unchanged, by the name that it has now. */
  current(file: FoundFile): FoundFile {
    const now = this.#ripe.get(identityOf(file));
    return now && isUnchanged(file, now) ? now : file;
  }

  /** False if the file is no longer what was found; then it is decided about again. */
  stillRipe(file: FoundFile): boolean {
    const looked = this.#names.get(file.path)?.looked === this.#listing;
    if (looked && Date.now() - this.#updatedAt < freshFor) return true;
    const now = lookAt(file.path);
    if (now && isUnchanged(file, now)) return true;
    const { name, log } = this.#context;
    this.#ripe.delete(identityOf(file));
    if (now) this.look(file.path);
    log('info', `${name}: ${file.path} ${now ? 'is still being written' : 'has gone before it was read'}`);
    return false;
  }

  /** The file has been given to batches, to its end. */
  finish(file: FoundFile): void {
    this.#ripe.delete(identityOf(file));
    this.done.add(file);
  }

  /** Everything that is there now is old. */
  finishAll(): void {
    for (const { file } of this.#names.values()) if (file) this.finish(file);
    for (const name of this.#names.values()) name.state = 'settled';
  }
}

const byTimeAndPath = (a: FoundFile, b: FoundFile): number => a.mtimeMs - b.mtimeMs || (a.path < b.path ? -1 : 1);
