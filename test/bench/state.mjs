import { quantile, timeBatches } from './batches.mjs';

const touched = 10_000;

/** mapWithState with 10,000 keys touched in each batch, by the number of keys held. */
export async function run() {
  const medians = [];
  for (const held of [10_000, 1_000_000]) {
    const filling = held / touched;
    const times = await timeBatches(`state-${held}`, job(held), filling + 100);
    const full = times.slice(filling + 20);
    medians.push(quantile(full, 0.5));
    console.log(`${held} keys held: median ${medians.at(-1).toFixed(2)} ms, worst ${Math.max(...full).toFixed(2)} ms`);
  }
  console.log(`a hundred times as many keys: ${(medians[1] / medians[0]).toFixed(2)} times the batch time`);
}

const job = (held) => `
batchInterval: 1s
checkpoint: false
sources:
  ticks: { queue: { batches: [], default: [0] } }
streams:
  counts:
    from: ticks
    steps:
      - mapPartitions: |
          () => {
            globalThis.next ??= 0;
            return Array.from({ length: ${touched} }, () => ["key" + (globalThis.next++ % ${held}), 1]);
          }
      - mapWithState:
          timeout: 1h
          update: '(key, value, state) => state.update((state.getOption() ?? 0) + value)'
      - count
sinks:
  - from: counts
    print: {}
`;
