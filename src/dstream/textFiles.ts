import { dirname, resolve } from 'node:path';
import { messageOf, StreamjobError } from '../base/errors.ts';
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
    const partitions = await this.#list(config, origin).catch((cause: unknown) => {
      throw unreadable(absolute, origin, cause);
    });
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
    const { plan, parallelism, log } = this.#options;
    const context = {
      job: plan.name,
      name,
      parallelism,
      once: true,
      loadFormat: catalog.formats.load,
      log,
      state() {},
    };
    const driver = this.#source.driver!(config, context);
    await driver.start();
    try {
      return (await driver.plan(Date.now())).partitions;
    } finally {
      await driver.stop();
    }
  }
}

const unreadable = (path: string, origin: Origin, cause: unknown): StreamjobError =>
  new StreamjobError('file-missing', `${stepName(origin)}: textFile(${JSON.stringify(path)}): ${messageOf(cause)}`, {
    at: origin.at,
    cause,
    remedy: 'The path of a text file is relative to the job file.',
  });
