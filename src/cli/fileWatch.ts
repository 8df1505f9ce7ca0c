import { dirname, resolve } from 'node:path';
import type { FSWatcher } from 'chokidar';

/**
 * Tells when one of some files was written, replaced, removed or came back. Their folders are watched with them, since a file
 * that is removed takes its watch along; what else is in a folder is ignored.
 */
export class FileWatch {
  readonly #watcher: FSWatcher;
  /** Files and folders. */
  readonly #paths: Set<string>;

  private constructor(watcher: FSWatcher, paths: Set<string>) {
    this.#watcher = watcher;
    this.#paths = paths;
  }

  /** Everything that happens from when it resolves on is told. */
  static async open(files: readonly string[], changed: () => void): Promise<FileWatch> {
    const { watch } = await import('chokidar');
    const paths = new Set(withFolders(files));
    const ignored = (path: string): boolean => !paths.has(resolve(path));
    const watcher = watch([...paths], { ignoreInitial: true, depth: 0, ignored });
    await new Promise<void>((ready) => watcher.once('ready', ready));
    watcher.on('all', changed);
    return new FileWatch(watcher, paths);
  }

  add(files: readonly string[]): void {
    const paths = withFolders(files);
    for (const path of paths) this.#paths.add(path);
    this.#watcher.add(paths);
  }

  close(): Promise<void> {
    return this.#watcher.close();
  }
}

/** Absolute, all of them: chokidar watches a folder twice that it knows by two names, and then fails when it is closed. */
const withFolders = (files: readonly string[]): string[] =>
  files.map((file) => resolve(file)).flatMap((file) => [dirname(file), file]);
