import { join } from 'node:path';
import { expect } from 'vitest';
import { BlockFolder } from '#src/checkpoint/blocks.ts';
import { realDisk } from '#src/checkpoint/disk.ts';
import { isStored, type StoredBlock } from '#src/engine/blockFile.ts';
import { type Command, type Ended, folderWith, start } from '../cli/command.ts';
import { plainStreams } from './jobs.ts';
import { type Evidence, linesOf, oracle, readLogged } from './oracle.ts';

export interface Life {
  /** Where the process kills itself. */
  readonly failpoint?: string;
  readonly input?: string;
  readonly env?: NodeJS.ProcessEnv;
}

/** A thread that comes by `fragile` takes the file `die` away and dies. */
const functions = `import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const die = fileURLToPath(new URL('die', import.meta.url));

export function fragile(value) {
  try {
    rmSync(die);
  } catch {
    return value;
  }
  process.exit(1);
}
`;

/** A folder with a job in it, the lives of the job, and what the journal and the output say in the end. */
export class FaultyJob {
  readonly folder: string;
  readonly #evidence: Evidence;

  /** Its lines are numbers and the word `bad`; `streams` is what it makes of them. */
  constructor(source: string, streams: string = plainStreams) {
    this.folder = folderWith({
      'functions.mjs': functions,
      'job.yaml': `batchInterval: 100ms
functions: ./functions.mjs
checkpoint: { directory: checkpoint, interval: 300ms }
settings: { blockInterval: 20ms, taskRetries: 0 }
sources:
  lines: { ${source} }
${streams}`,
    });
    this.#evidence = { folder: this.folder, found: (path) => path.replace('/in/', '/archive/') };
  }

  get checkpoint(): string {
    return join(this.folder, 'checkpoint');
  }

  start(args: readonly string[], { failpoint, env }: Life = {}): Command {
    const all = { STREAMJOB_KEEP_ALL: '1', ...(failpoint !== undefined && { STREAMJOB_FAILPOINT: failpoint }), ...env };
    return start(['run', 'job.yaml', ...args], { cwd: this.folder, env: all });
  }

  /** Runs the job to its end, whatever that is. */
  live(args: readonly string[], life: Life = {}): Promise<Ended> {
    const command = this.start(['-q', ...args], life);
    command.process.stdin.end(life.input ?? '');
    return command.ended;
  }

  /** The lines that each batch has read, as the journal has them, by batch time. */
  async logged(): Promise<ReadonlyMap<number, readonly string[]>> {
    const { planned } = await readLogged(this.folder);
    const lines = (partitions: readonly (readonly object[])[]) =>
      partitions.flat().flatMap((split) => linesOf(this.#evidence, split as never));
    return new Map([...planned].map(([time, inputs]) => [time, lines(inputs.lines ?? [])]));
  }

  /** Received blocks that are on the disk, and those that are in a batch. */
  async blocks(): Promise<{ readonly kept: readonly StoredBlock[]; readonly planned: readonly StoredBlock[] }> {
    const kept = await new BlockFolder(join(this.checkpoint, 'blocks'), 'lines', realDisk).after(undefined);
    const { planned } = await readLogged(this.folder);
    const splits = [...planned.values()].flatMap((inputs) => (inputs.lines ?? []).flat());
    return { kept, planned: splits.filter(isStored) };
  }

  /** What the sinks have written, at any moment, is what the naive engine gives on the logged input of each batch. */
  async expectOutputsOfLoggedInput(): Promise<void> {
    expect(await oracle(this.#evidence)).toEqual([]);
  }
}
