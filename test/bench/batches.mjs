import { VirtualClock } from '../../dist/base/clock.js';
import { catalog } from '../../dist/catalog/index.js';
import { MemoryJournal } from '../../dist/checkpoint/memory.js';
import { LocalEngine } from '../../dist/local/index.js';
import { runJob } from '../../dist/run/job.js';
import { loadJob } from '../../dist/spec/load.js';
import { jobFile } from './input.mjs';

/** Runs batches of a job as fast as they go, on one thread. Gives the milliseconds of each. */
export async function timeBatches(name, text, batches) {
  const { plan, configs, settings, problems } = await loadJob(jobFile(name, text));
  if (!plan) throw new Error(problems.map(({ message }) => message).join('\n'));
  const times = [];
  let started = 0;
  await runJob({
    plan,
    configs,
    settings,
    engine: new LocalEngine({ ...settings, threads: 1 }),
    journal: new MemoryJournal(),
    clock: new VirtualClock(),
    mode: { batches },
    listener: {
      batchStarted: () => {
        started = performance.now();
      },
      batchCompleted: () => times.push(performance.now() - started),
    },
    components: { source: catalog.sources.load, sink: nowhere, format: catalog.formats.load },
  }).done;
  return times;
}

/** In place of any sink: what comes is thrown away. */
const nowhere = async () => ({
  ...(await catalog.sinks.load('collect')),
  driver: () => ({ commit: async () => undefined }),
});

export const quantile = (values, q) => values.toSorted((a, b) => a - b)[Math.floor(q * (values.length - 1))];
