import { quantile, SteppedJob, spreadOf, takeTurns } from './batches.mjs';
import { ticksJob } from './jobs.mjs';

const keys = 1_000;

/** A sliding count of equally many keys in each batch, by the length of the window, once the window is full. */
export async function run() {
  for (const checkpoint of [false, true]) await measure(checkpoint);
}

async function measure(checkpoint) {
  const lengths = [60, 600, 3_600];
  const jobs = [];
  const held = [];
  for (const length of lengths) {
    const before = process.memoryUsage().rss;
    const job = await SteppedJob.open(`window-${length}`, text(length), { checkpoint });
    await job.run(length + 100);
    held.push(Math.round((process.memoryUsage().rss - before) / 1e6));
    jobs.push(job);
  }
  const results = await takeTurns(jobs, { turns: 20, batches: 50 });
  for (const job of jobs) await job.close();
  console.log(`# ${keys} keys in each batch, ${checkpoint ? 'with a checkpoint' : 'in memory'}`);
  for (const [i, { times, work }] of results.entries()) {
    const [growth, cost] = ['times', 'work'].map((what) => ratio(results[i][what], results[0][what]));
    const worst = (Math.max(...times) / quantile(times, 0.5)).toFixed(1);
    console.log(
      `${String(lengths[i]).padStart(5)} batches: slide ${spreadOf(times)}, the worst ${worst} medians, ` +
        `${growth} times the shortest; processors ${quantile(work, 0.5).toFixed(2)} ms, ${cost} times; ${held[i]} MB came with it`,
    );
  }
}

const ratio = (values, others) => (quantile(values, 0.5) / quantile(others, 0.5)).toFixed(2);

const text = (batches) =>
  ticksJob(`
      - flatMap: '() => Array.from({ length: ${keys} }, (_, i) => ["key" + i, 1])'
      - reduceByKeyAndWindow: { reduce: '(a, b) => a + b', length: ${batches}s }`);
