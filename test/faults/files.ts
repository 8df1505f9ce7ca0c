import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Writes files of numbers, no number twice, and the word `bad` now and then, into `in`, and once more into `archive`. */
export class FileFeed {
  readonly #folder: string;
  readonly written: string[] = [];
  #timer: NodeJS.Timeout | undefined;
  #next = 0;

  constructor(folder: string) {
    this.#folder = folder;
    for (const name of ['in', 'archive']) mkdirSync(join(folder, name));
  }

  write(): void {
    const name = `${this.#next}.txt`;
    const lines = Array.from({ length: 20 }, () => String(this.#next++));
    if (this.#next % 60 === 0) lines.push('bad');
    this.written.push(...lines);
    for (const folder of ['archive', 'in']) {
      const aside = join(this.#folder, folder, `.${name}`);
      writeFileSync(aside, `${lines.join('\n')}\n`);
      renameSync(aside, join(this.#folder, folder, name));
    }
  }

  /** Goes on until it is stopped. */
  start(): void {
    this.#timer = setInterval(() => this.write(), 25);
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
