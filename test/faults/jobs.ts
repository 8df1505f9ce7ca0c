/** What the jobs of the fault tests make of their lines. Each stream that a sink writes can be told from the lines of the batches. */

const numbers = `
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
      - map: ({ record, error, batchTime }) => [record.key ?? record, batchTime]`;

const windows = `
  pairs: { from: numbers, steps: [{ map: 'n => [n % 5, n]' }] }
  sums:
    from: pairs
    steps: [{ reduceByKeyAndWindow: { reduce: '(a, b) => a + b', length: 500ms, slide: 300ms } }]
  moving:
    from: pairs
    steps: [{ reduceByKeyAndWindow: { reduce: '(a, b) => a + b', inverse: '(a, b) => a - b', length: 1s, slide: 200ms } }]
  sizes: { from: numbers, steps: [{ countByWindow: { length: 600ms, slide: 300ms } }] }
  recent: { from: pairs, steps: [{ filter: '([, n]) => n % 50 < 5' }, { window: { length: 400ms, slide: 200ms } }] }
  joined: { from: moving, steps: [{ join: recent }] }
  peaks:
    from: sizes
    steps: [{ reduceByWindow: { reduce: '(a, b) => Math.max(a, b)', length: 900ms, slide: 900ms } }]`;

const states = `
  totals:
    from: numbers
    onError: { to: broken }
    steps:
      - map: n => [n % 11, n]
      - updateStateByKey: '(values, state = 0) => { if (values.includes(131)) throw new Error("131"); return values.reduce((a, b) => a + b, state); }'
  sessions:
    from: numbers
    steps:
      - map: n => [n % 101, n]
      - mapWithState:
          timeout: 400ms
          update: '(key, n, seen, time) => { if (seen.isTimingOut()) return ["gone", key, seen.get(), time]; seen.update((seen.getOption() ?? 0) + 1); return [key, seen.get()]; }'`;

/** With a function that may end its thread, before and behind shuffles. */
export const fragile = (streams: string): string =>
  streams
    .replace("- map: 'line => {", "- map: fragile\n      - map: 'line => {")
    .replaceAll('reduceByKey: (a, b) => a + b', 'reduceByKey: (a, b) => fragile(a + b)')
    .replace('(values, state = 0) => {', '(values, state = 0) => { fragile();')
    .replace('(key, n, seen, time) => {', '(key, n, seen, time) => { fragile();');

const sinksOf = (streams: readonly string[]): string =>
  streams.map((stream) => `  - { from: ${stream}, files: { path: out/${stream}, format: json } }\n`).join('');

/** Two sinks and dead letters. */
export const plainStreams = `streams:${numbers}
sinks:
${sinksOf(['counts', 'rest'])}`;

/** Windows of several batches, of each kind and of one another, states with and without a timeout, and dead letters of them all. */
export const keepingStreams = `streams:${numbers}${windows}${states}
sinks:
${sinksOf(['counts', 'rest', 'sums', 'sizes', 'joined', 'peaks', 'totals', 'sessions'])}`;
