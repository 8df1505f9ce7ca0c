import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { BlockFolder } from '#src/checkpoint/blocks.ts';
import { realDisk } from '#src/checkpoint/disk.ts';
import { readLog } from '#src/checkpoint/log.ts';
import type { Entry, Inputs } from '#src/checkpoint/state.ts';
import type { RunnableJob } from '#src/cli/load.ts';
import { runTest } from '#src/cli/testRunner.ts';
import type { Split } from '#src/component/source.ts';
import { isStored, readBlock, type StoredBlock } from '#src/engine/blockFile.ts';
import { loadJob } from '#src/spec/load.ts';
import { type Ended, folderWith, streamjob } from '../cli/command.ts';
import { ReferenceEngine } from '../engines/reference.ts';

/** A job with two sinks and dead letters, whose lines are numbers and the word `bad`; what it counts can be told from any batch. */
export const jobOf = (source: string): string => `batchInterval: 100ms
checkpoint: checkpoint
settings: { blockInterval: 20ms, taskRetries: 0 }
sources:
  lines: { ${source} }
streams:
  numbers:
    from: lines
    onError: { to: broken }
    steps:
      - map: 'line => { if (line === "bad") throw new Error("bad line"); return Number(line); }'
  counts:
    from: numbers
    steps:
      - map: n => [n % 7, 1]
      - reduceByKey: (a, b) => a + b
  rest:
    from: broken
    steps:
      - map: ({ record }) => record
sinks:
  - from: counts
    files: { path: out/counts, format: json }
  - from: rest
    files: { path: out/rest, format: json }
`;

/** A folder with a job in it, the lives of the job, and what the journal and the output say in the end. */
export class FaultyJob {
  readonly folder: string;

  constructor(source: string) {
    this.folder = folderWith({ 'job.yaml': jobOf(source) });
  }

  get checkpoint(): string {
    return join(this.folder, 'checkpoint');
  }

  readonly env = (failpoint?: string): NodeJS.ProcessEnv => ({
    STREAMJOB_KEEP_ALL: '1',
    ...(failpoint !== undefined && { STREAMJOB_FAILPOINT: failpoint }),
  });

  live(args: readonly string[], options: { failpoint?: string; input?: string } = {}): Promise<Ended> {
    const { failpoint, input } = options;
    const env = this.env(failpoint);
    return streamjob(['run', 'job.yaml', '-q', ...args], {
      cwd: this.folder,
      env,
      ...(input !== undefined && { input }),
    });
  }

  /** The lines that each batch has read, as the journal has them, by batch time. */
  async logged(): Promise<ReadonlyMap<number, readonly string[]>> {
    const { lines = [] } = (await readLog<readonly Entry[]>(join(this.checkpoint, 'journal'))) ?? {};
    const batches = new Map<number, readonly string[]>();
    for (const entry of lines.flat()) if ('planned' in entry) batches.set(entry.planned, this.#linesOf(entry.inputs));
    return batches;
  }

  /** Received blocks that are on the disk, and those that are in a batch. */
  async blocks(): Promise<{ readonly kept: readonly StoredBlock[]; readonly planned: readonly StoredBlock[] }> {
    const kept = await new BlockFolder(join(this.checkpoint, 'blocks'), 'lines', realDisk).after(undefined);
    const { lines = [] } = (await readLog<readonly Entry[]>(join(this.checkpoint, 'journal'))) ?? {};
    const planned = lines.flat().flatMap((entry) => ('planned' in entry ? (entry.inputs.lines ?? []).flat() : []));
    return { kept, planned: planned.filter(isStored) };
  }

  /** What the sinks have written, checked against the naive engine run on the logged input of each batch. */
  async expectOutputsOfLoggedInput(): Promise<void> {
    const logged = [...(await this.logged())];
    const streams = ['counts', 'rest'];
    const expected = streams.map((stream) => [stream, logged.map(([time]) => this.#written(stream, time))]);
    const job = (await loadJob(join(this.folder, 'job.yaml'))) as RunnableJob;
    const test = {
      name: 'the oracle',
      given: { lines: { partitions: 1, batches: logged.map(([, lines]) => lines) } },
      expect: Object.fromEntries(expected),
      batches: logged.length,
      ordered: false,
      virtualOnly: false,
      at: { file: 'job.yaml', line: 1, column: 1 },
    };
    const { differences, error } = await runTest(job, test, () => new ReferenceEngine(2));
    expect({ differences, error }).toEqual({ differences: [], error: undefined });
    expect(this.#files().filter((name) => !logged.some(([time]) => name.includes(`part-${time}`)))).toEqual([]);
  }

  #linesOf(inputs: Inputs): readonly string[] {
    return (inputs.lines ?? []).flat().flatMap((split) =>
      this.#textOf(split)
        .split('\n')
        .filter((line) => line !== ''),
    );
  }

  #textOf(split: Split): string {
    if (isStored(split)) return readBlock(join(this.checkpoint, 'blocks'), split).data.toString();
    const { path, offset, length } = split as { path: string; offset: number; length: number };
    return readFileSync(path.replace('/in/', '/archive/'))
      .subarray(offset, offset + length)
      .toString();
  }

  #written(stream: string, time: number): unknown[] {
    const name = join(this.folder, 'out', stream, `part-${time}.json`);
    const text = this.#files().includes(`${stream}/part-${time}.json`) ? readFileSync(name, 'utf8') : '';
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as unknown);
  }

  #files(): string[] {
    return ['counts', 'rest'].flatMap((stream) =>
      namesIn(join(this.folder, 'out', stream)).map((name) => `${stream}/${name}`),
    );
  }
}

export function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
