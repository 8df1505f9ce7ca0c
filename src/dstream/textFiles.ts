import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { StreamjobError } from '../base/errors.ts';
import { catalog } from '../catalog/index.ts';
import { checkComponent } from '../component/check.ts';
import type { FormatDefinition } from '../component/format.ts';
import type { RddOptions } from '../component/rdds.ts';
import type { Partition, SourceDefinition } from '../component/source.ts';
import { type Origin, stepName } from '../plan/plan.ts';

/** Text files that are read within a batch, by the parts of the `files` source. */
export class TextFiles {
  readonly #options: RddOptions;
  readonly #source: SourceDefinition;
  readonly #text: FormatDefinition;

  private constructor(options: RddOptions, source: SourceDefinition, text: FormatDefinition) {
    this.#options = options;
    this.#source = source;
    this.#text = text;
  }

  static async open(options: RddOptions): Promise<TextFiles> {
    return new TextFiles(options, await catalog.sources.load('files'), await catalog.formats.load('text'));
  }

  /** What is to be read of a path, relative to the job file. Rejects with StreamjobError `file-missing`. */
  async read(
    path: string,
    origin: Origin,
  ): Promise<{ readonly config: unknown; readonly partitions: readonly Partition[] }> {
    const absolute = resolve(origin.at ? dirname(origin.at.file) : '.', path);
    const config = this.#config(absolute);
    const partitions = await this.#list(config, origin);
    if (partitions.length === 0 && !existsSync(absolute)) throw missing(absolute, origin);
    return { config, partitions };
  }

  #config(path: string): unknown {
    const context = {
      report: ({ message }: { readonly message: string }) => {
        throw new Error(message);
      },
      fn: () => undefined,
      stream: () => undefined,
      path: (text: string) => text,
      formats: { names: ['text'], get: () => this.#text },
    };
    const settings = { path, minAge: '0s', maxBytesPerBatch: '1TB' };
    return checkComponent({ name: 'files', ...this.#source }, settings, [], context);
  }

  async #list(config: unknown, { name }: Origin): Promise<readonly Partition[]> {
    const { parallelism, log } = this.#options;
    const driver = this.#source.driver!(config, { name, parallelism, once: true, log });
    await driver.start();
    try {
      return (await driver.plan(Date.now())).partitions;
    } finally {
      await driver.stop();
    }
  }
}

const missing = (path: string, origin: Origin): StreamjobError =>
  new StreamjobError('file-missing', `${stepName(origin)}: textFile finds nothing at ${path}.`, {
    at: origin.at,
    remedy: 'Paths are relative to the job file.',
  });
