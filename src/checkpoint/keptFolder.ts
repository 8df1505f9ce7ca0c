import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { KeptPiece, KeptState } from '../engine/keptPiece.ts';
import { type Disk, makeDirectory } from './disk.ts';
import { Merging } from './merging.ts';
import type { Pieces, Places } from './pieces.ts';

export interface KeptFolderOptions {
  readonly directory: string;
  readonly pieces: Pieces;
  readonly disk: Disk;
  /** Milliseconds between merges. */
  readonly interval: number;
  /** Writes down that pieces stand for those at these places. */
  replace(of: Places, merged: readonly KeptPiece[]): Promise<void>;
  log(level: 'info' | 'warn', message: string): void;
}

/** The directory with what windows and states hold: how it is read, merged, and rid of what counts no more. */
export class KeptFolder {
  /** For the engine. */
  readonly state: KeptState;
  readonly #options: KeptFolderOptions;
  readonly #merging: Merging;
  #readers = 0;

  private constructor(options: KeptFolderOptions, run: string) {
    this.#options = options;
    this.state = {
      directory: options.directory,
      run,
      read: (work) => this.#read(work),
      bytes: () => options.pieces.bytes,
    };
    const { directory, interval, pieces, replace, log } = options;
    this.#merging = new Merging({ directory, interval, run, pieces: () => pieces.byKeeper, replace, log });
  }

  /** Removes what an earlier run has left unfinished. `epoch`: of the lock. */
  static async open(options: KeptFolderOptions, epoch: number): Promise<KeptFolder> {
    const { directory, pieces, disk } = options;
    await makeDirectory(directory);
    const files = await readdir(directory);
    for (const file of files.filter((file) => !pieces.has(file))) await disk.remove(join(directory, file));
    return new KeptFolder(options, String(Math.max(epoch, ...files.map((file) => runOf(file) + 1))));
  }

  /** There are batches now: what they change will be merged. */
  begin(): void {
    this.#merging.begin();
  }

  /**
   * Removes the files that have lost what counted in them, once that is safely written down. `check` throws if this process has no
   * longer the right to: what it has written down before is known to its successor.
   */
  async removeEmptied(check: () => void): Promise<void> {
    const { pieces, directory, disk } = this.#options;
    if (this.#readers > 0) return;
    const files = pieces.takeEmptied(this.state.run);
    if (files.length > 0) check();
    for (const file of files) await disk.remove(join(directory, file));
  }

  /** `finish`: what should not be left to the next run is merged before. */
  close(finish: boolean): Promise<void> {
    return this.#merging.close(finish);
  }

  async #read<T>(work: (pieces: readonly KeptPiece[]) => Promise<T>): Promise<T> {
    this.#readers++;
    try {
      return await work(this.#options.pieces.all);
    } finally {
      this.#readers--;
    }
  }
}

/** The run that has written a file: `3-1-12`, or merged, `merge3.1.0-1`. */
const runOf = (file: string): number => Number(/^(?:merge)?(\d+)/.exec(file)?.[1] ?? 0);
