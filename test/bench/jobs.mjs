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

/** Purchases of known users, added up by the country that a table has for the user. */
export const jsonJob = (path, table) => `
batchInterval: 1s
tables:
  users: { file: ${table}, format: csv, key: id }
sources:
  events: { files: { path: ${path}, format: json, minAge: 0s } }
streams:
  result:
    from: events
    steps:
      - filter: event => event.type === 'purchase' && event.amount > 5
      - map: "event => ({ user: event.user, amount: event.amount })"
      - map: ({ user, amount }) => [users.get(user)?.country ?? 'unknown', amount]
      - mapValues: amount => 1
      - reduceByKey: (a, b) => a + b
sinks:
  - { from: result, print: { limit: 5 } }
`;

/** Counts the messages of a topic. */
export const consumingJob = (brokers, topic, batchInterval = '100ms') => `
batchInterval: ${batchInterval}
sources:
  messages: { kafka: { brokers: "${brokers}", topics: ${topic}, from: earliest } }
streams:
  total:
    from: messages
    steps:
      - count
sinks:
  - { from: total, print: {} }
`;

/** Sends the lines of a file to a topic. */
export const producingJob = (brokers, topic, path) => `
batchInterval: 100ms
sources:
  lines: { files: { path: ${path}, minAge: 0s } }
sinks:
  - { from: lines, kafka: { brokers: "${brokers}", topic: ${topic} } }
`;

/** Counts what a socket sends; each batch's result takes the sink a tenth of a second, so that it does not keep up. */
export const slowJob = (memoryLimit) => `
batchInterval: 50ms
settings: { memoryLimit: ${memoryLimit}, threads: 2 }
sources:
  lines: { socket: ${listening} }
streams:
  total:
    from: lines
    steps:
      - count
sinks:
  - from: total
    foreachRDD: |
      async (rdd) => {
        await new Promise((resolve) => setTimeout(resolve, 100));
        console.log((await rdd.collect()).join('\\n'));
      }
`;

/** Counts what `steps` make of a tick, batch after batch. */
export const ticksJob = (steps, { batchInterval = '1s', settings = '{}' } = {}) => `
batchInterval: ${batchInterval}
checkpoint: false
settings: ${settings}
sources:
  ticks: { queue: { batches: [], default: [0] } }
streams:
  counts:
    from: ticks
    steps:${steps}
      - count
sinks:
  - from: counts
    print: {}
`;

/** Steps that count the pairs of each key in a state. */
export const countsInState = `
      - mapWithState:
          timeout: 1h
          update: '(key, value, state) => state.update((state.getOption() ?? 0) + value)'`;
