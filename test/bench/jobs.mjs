/** The steps of the two jobs that are measured. */
export const steps = {
  wordcount: `
      - flatMap: line => line.split(' ')
      - map: word => [word, 1]
      - reduceByKey: (a, b) => a + b`,
  grep: `
      - filter: line => line.includes('aging')
      - count`,
};

export const filesJob = (steps, path) => `
batchInterval: 1s
sources:
  lines: { files: { path: ${path}, minAge: 0s } }
streams:
  result:
    from: lines
    steps:${steps}
sinks:
  - { from: result, print: { limit: 5 } }
`;

const listening = '{ listen: true, host: 127.0.0.1, port: 0 }';

/** What makes one number of a job's result, so that the end of a stream can be seen. */
const totals = {
  wordcount: `
      - map: ([word, n]) => n
      - reduce: (a, b) => a + b`,
  grep: '',
};

/** The job through a socket, or over a file if there is a path; prints the total of each batch. */
export const totalJob = (name, path) => `
batchInterval: 100ms
settings: { blockInterval: 50ms }
sources:
  lines: ${path ? `{ files: { path: ${path}, minAge: 0s } }` : `{ socket: ${listening} }`}
streams:
  total:
    from: lines
    steps:${steps[name]}${totals[name]}
sinks:
  - { from: total, print: { limit: 1 } }
`;

/** Two stages over a few records, a hundred times a second. */
export const paceJob = `
batchInterval: 10ms
sources:
  words: { queue: { batches: [], default: [a, b, a, c, b, a, d, e, f, a] } }
streams:
  counts:
    from: words
    steps:
      - map: word => [word, 1]
      - reduceByKey: (a, b) => a + b
sinks:
  - { from: counts, print: { limit: 1 } }
`;
