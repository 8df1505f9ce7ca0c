import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { VirtualClock } from '../../dist/base/clock.js';
import { catalog } from '../../dist/catalog/index.js';
import { DurableJournal } from '../../dist/checkpoint/durable.js';
import { MemoryJournal } from '../../dist/checkpoint/memory.js';
import { LocalEngine } from '../../dist/local/index.js';
import { runJob } from '../../dist/run/job.js';
import { loadJob } from '../../dist/spec/load.js';
import { directory, jobFile } from './input.mjs';

/**
 * A job on one thread whose batches run as fast as they go, some and then some more: so that several jobs can take turns in one
 * process, and what else the machine does meets all of them. With `checkpoint` windows and states are written to the disk.
 */
export class SteppedJob {
  #allowed = 0;
  #proceed = () => undefined;
  #reached = () => undefined;
  #times = [];
  #started = 0;
  #done;
  #checkpoint;

  static async open(name, text, { checkpoint = false } = {}) {
    const job = new SteppedJob();
    await job.#open(name, text, checkpoint);
    return job;
  }

  async #open(name, text, checkpoint) {
    const { plan, configs, settings, problems } = await loadJob(jobFile(name, text));
    if (!plan) throw new Error(problems.map(({ message }) => message).join('\n'));
    if (checkpoint) this.#checkpoint = mkdtempSync(join(directory, 'checkpoint-'));
    this.#done = runJob({
      plan,
      configs,
      settings,
      engine: new LocalEngine({ ...settings, threads: 1 }),
      journal: this.#measured(checkpoint ? new DurableJournal({ directory: this.#checkpoint }) : new MemoryJournal()),
      clock: new VirtualClock(),
      components: { source: catalog.sources.load, sink: nowhere, format: catalog.formats.load },
    });
    this.#done.done.catch((error) => {
      console.error(error);
      process.exit(1);
    });
  }

  /** A batch takes from before it is planned until it is done. */
  #measured(journal) {
    const planned = journal.planned.bind(journal);
    const done = journal.done.bind(journal);
    journal.planned = async (...args) => {
      if (this.#allowed === 0) {
        this.#reached();
        await new Promise((resolve) => {
          this.#proceed = resolve;
        });
      }
      this.#allowed--;
      this.#started = performance.now();
      await planned(...args);
    };
    journal.done = async (...args) => {
      await done(...args);
      this.#times.push(performance.now() - this.#started);
    };
    return journal;
  }

  /** Runs so many batches. Gives the milliseconds of each. */
  async run(batches) {
    this.#times = [];
    const reached = new Promise((resolve) => {
      this.#reached = resolve;
    });
    this.#allowed = batches;
    this.#proceed();
    await reached;
    return this.#times;
  }

  async close() {
    await Promise.all([this.#done.abort(), this.#proceed()]);
    if (this.#checkpoint) rmSync(this.#checkpoint, { recursive: true });
  }
}

/** In place of any sink: what comes is thrown away. */
const nowhere = async () => ({
  ...(await catalog.sinks.load('collect')),
  driver: () => ({ commit: async () => undefined }),
});

/**
 * Lets jobs take turns of so many batches. Gives, for each and in their order, the milliseconds of its batches and those that the
 * processors worked in each of its turns, per batch: on a machine that is busy, time says less.
 */
export async function takeTurns(jobs, { turns, batches }) {
  const results = jobs.map(() => ({ times: [], work: [] }));
  for (let turn = 0; turn < turns; turn++) {
    for (const [i, job] of jobs.entries()) {
      const before = process.cpuUsage();
      results[i].times.push(...(await job.run(batches)));
      const { user, system } = process.cpuUsage(before);
      results[i].work.push((user + system) / 1000 / batches);
    }
  }
  return results;
}

export const quantile = (values, q) => values.toSorted((a, b) => a - b)[Math.floor(q * (values.length - 1))];

/** `1.52 ms (1.40–2.11, worst 9.10)`: the median, between which a half of them lie, and the longest. */
export function spreadOf(times) {
  const [low, middle, high, worst] = [0.25, 0.5, 0.75, 1].map((q) => quantile(times, q).toFixed(2));
  return `${middle} ms (${low}–${high}, worst ${worst})`;
}
