import { quantile, SteppedJob, spreadOf, takeTurns } from './batches.mjs';
import { countsInState, ticksJob } from './jobs.mjs';

const touched = 10_000;

/**
 * mapWithState with 10,000 keys touched in each batch, by the number of keys held. Each time round they come in another order: keys
 * that lie side by side in memory because they came one after the other are of no help.
 */
export async function run() {
  for (const checkpoint of [false, true]) await measure(checkpoint);
}

async function measure(checkpoint) {
  const sizes = [10_000, 1_000_000];
  const jobs = [];
  for (const held of sizes) {
    const job = await SteppedJob.open(`state-${held}`, text(held), { checkpoint });
    await job.run(held / touched + 20);
    jobs.push(job);
  }
  const results = await takeTurns(jobs, { turns: 20, batches: 10 });
  for (const job of jobs) await job.close();
  console.log(`# ${touched} keys touched in each batch, ${checkpoint ? 'with a checkpoint' : 'in memory'}`);
  for (const [i, { times, work }] of results.entries())
    console.log(
      `${sizes[i]} keys held: ${spreadOf(times)}, processors ${quantile(work, 0.5).toFixed(2)} ms in the median`,
    );
  const [time, cost] = ['times', 'work'].map((what) => {
    const [few, many] = results.map((result) => quantile(result[what], 0.5));
    return (many / few).toFixed(2);
  });
  console.log(`a hundred times as many keys: ${time} times the batch time, ${cost} times the work of the processors`);
}

const text = (held) =>
  ticksJob(`
      - mapPartitions: |
          () => {
            globalThis.next ??= 0;
            return Array.from({ length: ${touched} }, () => {
              const [i, round] = [globalThis.next % ${held}, Math.floor(globalThis.next++ / ${held})];
              return ["key" + (i * [618033, 381967, 271829, 314159, 161803][round % 5]) % ${held}, 1];
            });
          }${countsInState}`);
