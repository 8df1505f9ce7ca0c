import type { FoundFile } from './types.ts';

/** Of a file that has been given to a batch: its path, size and time then, and whether a later change was reported. */
interface Remembered {
  path: string;
  size: number;
  mtimeMs: number;
  told: boolean;
}

/**
 * The files that are done, known by device, inode and time of birth: names do not matter, so a renamed file is the same
 * one. (Where there is no time of birth, size and modification time stand for it.)
 */
export class DoneFiles {
  readonly #files = new Map<string, Remembered>();
  /** Since when no listing has had it. */
  readonly #absent = new Map<string, number>();

  add(file: FoundFile): void {
    this.#files.set(identityOf(file), { path: file.path, size: file.size, mtimeMs: file.mtimeMs, told: false });
  }

  /** Whether the file is done, and has changed since. Under a new name it is remembered by that. */
  recognise(file: FoundFile): 'new' | 'same' | 'changed' {
    const identity = identityOf(file);
    const done = this.#files.get(identity);
    if (!done) return 'new';
    done.path = file.path;
    this.#absent.delete(identity);
    return done.size === file.size && done.mtimeMs === file.mtimeMs ? 'same' : 'changed';
  }

  /** True the first time. */
  tell(file: FoundFile): boolean {
    const done = this.#files.get(identityOf(file));
    if (!done || done.told) return false;
    done.told = true;
    return true;
  }

  /** The listing no longer has this name. */
  absent(identity: string, path: string, now: number): void {
    if (this.#files.get(identity)?.path === path) this.#absent.set(identity, now);
  }

  /** Forgets what has been absent since before this time. */
  forgetBefore(time: number): void {
    for (const [identity, since] of this.#absent) {
      if (since >= time) return;
      this.#absent.delete(identity);
      this.#files.delete(identity);
    }
  }
}

export const identityOf = ({ dev, ino, birthtimeMs, size, mtimeMs }: FoundFile): string =>
  birthtimeMs > 0 ? `${dev}:${ino}:${birthtimeMs}` : `${dev}:${ino}:${size}:${mtimeMs}`;
