import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { VirtualClock } from '#src/base/clock.ts';
import type { Recovered } from '#src/checkpoint/journal.ts';
import { MemoryJournal } from '#src/checkpoint/memory.ts';
import type { KeptPiece } from '#src/engine/keptPiece.ts';
import { LocalEngine } from '#src/local/index.ts';
import type { JobSettings } from '#src/plan/jobSettings.ts';
import type { Plan } from '#src/plan/plan.ts';
import { type Collected, type Graph, runGraph } from '../engines/runPlan.ts';

/** Keeps pieces for as long as the object lives, and never drops one; their bytes are in a directory. */
export class KeepingJournal extends MemoryJournal {
  readonly directory = mkdtempSync(join(tmpdir(), 'streamjob-lives-'));
  readonly pieces: KeptPiece[] = [];
  #runs = 0;

  override async open(plan: Plan): Promise<Recovered> {
    const state = {
      directory: this.directory,
      run: String(++this.#runs),
      read: this.#read,
      bytes: () => new Map<string, number>(),
    };
    return { ...(await super.open(plan)), state };
  }

  override async done(time: number, _succeeded?: boolean, kept: readonly KeptPiece[] = []): Promise<void> {
    await super.done(time);
    this.pieces.push(...kept);
  }

  readonly #read = <T>(work: (pieces: readonly KeptPiece[]) => Promise<T>): Promise<T> => work([...this.pieces]);
}

/** One process: how many batches it runs, and with what. */
export interface Life {
  readonly batches: number;
  readonly threads?: number;
  /** Its job, if it is another one. */
  readonly graph?: Graph;
}

export interface LivesOptions {
  readonly strict?: boolean;
  readonly settings?: Partial<JobSettings>;
  /** Called after each life. */
  readonly between?: (journal: KeepingJournal) => void;
}

/** Runs a graph in several lives, each of which knows of the one before only what is on the disk. */
export async function runLives(graph: Graph, lives: readonly Life[], options: LivesOptions = {}): Promise<Collected> {
  const journal = new KeepingJournal();
  const collected = new Map<string, unknown[][][]>();
  const clock = new VirtualClock();
  const { strict = true, settings = {}, between } = options;
  try {
    for (const { batches, threads = 2, graph: own = graph } of lives) {
      const engine = new LocalEngine({ threads, memoryLimit: 64e6, taskRetries: 2, ...settings });
      await runGraph(own, engine, { strict, settings, journal, clock, collected, batches });
      between?.(journal);
    }
    return collected;
  } finally {
    await rm(journal.directory, { recursive: true, force: true });
  }
}
