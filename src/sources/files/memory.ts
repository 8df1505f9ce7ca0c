import type { JsonValue } from '../../base/json.ts';
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
  /** Changes of the files since `takeChanges`, as far as they outlive the process. */
  #changes = new Map<string, JsonValue>();
  /** Files of an earlier run that no listing has had yet. */
  readonly #unseen = new Set<string>();
  /** Since when no listing has had it. */
  readonly #absent = new Map<string, number>();

  add(file: FoundFile): void {
    const { path, size, mtimeMs } = file;
    this.#files.set(identityOf(file), { path, size, mtimeMs, told: false });
    this.#changes.set(identityOf(file), { path, size, mtimeMs });
  }

  /** Takes in what `takeChanges` gave in an earlier run. */
  restore(identity: string, file: Pick<Remembered, 'path' | 'size' | 'mtimeMs'>): void {
    this.#files.set(identity, { ...file, told: false });
    this.#unseen.add(identity);
  }

  /** By identity, what is to be remembered of the files that have been added, and null for those forgotten. */
  takeChanges(): Map<string, JsonValue> {
    const changes = this.#changes;
    this.#changes = new Map();
    return changes;
  }

  /** Whether the file is done, and has changed since. Under a new name it is remembered by that. */
  recognise(file: FoundFile): 'new' | 'same' | 'changed' {
    const identity = identityOf(file);
    const done = this.#files.get(identity);
    if (!done) return 'new';
    done.path = file.path;
    this.#absent.delete(identity);
    this.#unseen.delete(identity);
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

  /** A whole listing has been taken in: what an earlier run had and this one has not seen is absent. */
  listed(now: number): void {
    for (const identity of this.#unseen) this.#absent.set(identity, now);
    this.#unseen.clear();
  }

  /** Forgets what has been absent since before this time. */
  forgetBefore(time: number): void {
    for (const [identity, since] of this.#absent) {
      if (since >= time) return;
      this.#absent.delete(identity);
      this.#files.delete(identity);
      this.#changes.set(identity, null);
    }
  }
}

export const identityOf = ({ dev, ino, birthtimeMs, size, mtimeMs }: FoundFile): string =>
  birthtimeMs > 0 ? `${dev}:${ino}:${birthtimeMs}` : `${dev}:${ino}:${size}:${mtimeMs}`;
