import { quantile, timeBatches } from './batches.mjs';

const keys = 1_000;

/** A sliding count of equally many keys in each batch, by the length of the window, once the window is full. */
export async function run() {
  for (const batches of [60, 600, 3_600]) {
    const times = await timeBatches(`window-${batches}`, job(batches), batches + 1_000);
    const full = times.slice(batches);
    const [median, worst] = [quantile(full, 0.5), Math.max(...full)].map((ms) => `${ms.toFixed(2)} ms`);
    const heap = Math.round(process.memoryUsage().rss / 1e6);
    console.log(
      `${String(batches).padStart(5)} batches, ${keys} keys: median ${median}, worst ${worst}, ${heap} MB resident`,
    );
  }
}

const job = (batches) => `
batchInterval: 1s
checkpoint: false
sources:
  ticks: { queue: { batches: [], default: [0] } }
streams:
  counts:
    from: ticks
    steps:
      - flatMap: '() => Array.from({ length: ${keys} }, (_, i) => ["key" + i, 1])'
      - reduceByKeyAndWindow: { reduce: '(a, b) => a + b', length: ${batches}s }
      - count
sinks:
  - from: counts
    print: {}
`;
