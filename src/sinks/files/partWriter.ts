import { closeSync, fsyncSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { failpoint } from '../../base/failpoint.ts';
import type { CommitMessage, SinkTask, SinkWriter } from '../../component/sink.ts';
import { writing } from './errors.ts';
import { encoderOf, type Lines, linesOf } from './lines.ts';
import { type FilesConfig, partName } from './names.ts';

const flushAt = 128 * 1024;

/** A task's share of a batch, in a hidden file beside the target. Without records there is no file. */
export class PartWriter implements SinkWriter {
  readonly #name: string;
  readonly #path: string;
  readonly #lineOf: Lines['lineOf'];
  readonly #encode: (text: string) => string | Uint8Array;
  #file: number | undefined;
  /** What each file of a directory begins with; where parts become one file, that is begun when they do. */
  readonly #head: string;
  #text = '';

  constructor(config: FilesConfig, task: SinkTask) {
    this.#name = partName(config, task);
    this.#path = join(config.path, this.#name);
    const { lineOf, head } = linesOf(config);
    this.#lineOf = lineOf;
    this.#encode = encoderOf(config);
    this.#head = config.partitioned ? head : '';
  }

  write(record: unknown): void {
    this.#text ||= this.#file === undefined ? this.#head : '';
    this.#text += `${this.#lineOf(record)}\n`;
    if (this.#text.length >= flushAt) this.#flush();
  }

  close(): CommitMessage {
    this.#flush();
    if (this.#file === undefined) return { part: null };
    const file = this.#file;
    failpoint('sink.sync');
    writing(this.#path, () => fsyncSync(file));
    failpoint('sink.synced');
    this.#closeFile();
    return { part: this.#name };
  }

  abort(): void {
    this.#closeFile();
    rmSync(this.#path, { force: true });
  }

  #flush(): void {
    if (this.#text === '') return;
    const text = this.#text;
    this.#text = '';
    writing(this.#path, () => {
      this.#file ??= openSync(this.#path, 'w');
      writeFileSync(this.#file, this.#encode(text));
    });
  }

  #closeFile(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }
}
