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
