import type { Chosen } from './initChoices.ts';

/** The text of a job file, whose tests hold. `schema` is where editors find the JSON Schema. */
export function jobText(name: string, { source, compute, sink }: Chosen, schema: string): string {
  const { steps, expect, about } = computations[compute];
  return `# yaml-language-server: $schema=${schema}
#
# ${about}
#
${howToRun(name, source)
  .map((line) => `#   ${line}`.trimEnd())
  .join('\n')}
batchInterval: 1s
checkpoint: ./checkpoint/${name}

sources:
  lines:
    ${sources[source]}

streams:
  results:
    from: lines
    steps:
${indented(steps, 6)}

sinks:
  - from: results
    ${sinks[sink]}

# streamjob test ${name}.yaml
tests:
  - name: two batches
    given:
      lines:
        - ["INFO tea is ready", "ERROR no tea"]
        - ["INFO more tea"]
    expect:
      results:
${indented(expect, 8)}
`;
}

/** A file for the job to read, if its source reads files. */
export const sampleOf = ({ source }: Chosen): { readonly path: string; readonly text: string } | undefined =>
  source === 'files' ? { path: 'input/sample.log', text: sample } : undefined;

/** What to type, one command or remark a line. */
export function howToRun(name: string, source: Chosen['source']): readonly string[] {
  const run = `streamjob run ${name}.yaml`;
  switch (source) {
    case 'files':
      return [`${run} --once      what is in input/ now; without --once also what comes`];
    case 'socket':
      return ['nc -lk 9999                      type lines there', run];
    case 'stdin':
      return [`tail -f app.log | ${run}`];
    case 'http':
      return [run, "curl -d 'INFO tea is ready' http://127.0.0.1:8080/"];
  }
}

const sources: Readonly<Record<Chosen['source'], string>> = {
  files: 'files: { path: input }',
  socket: 'socket: { host: localhost, port: 9999 }',
  stdin: 'stdin: {}',
  http: 'http: { port: 8080 }',
};

const sinks: Readonly<Record<Chosen['sink'], string>> = {
  print: 'print: { limit: 20 }',
  files: 'files: { path: output }',
  http: 'http: "${RESULTS_URL:-http://127.0.0.1:8081/}"',
};

interface Computation {
  readonly about: string;
  readonly steps: string;
  readonly expect: string;
}

const words = '- flatMap: line => line.split(/\\s+/).filter(word => word !== "")';

const computations: Readonly<Record<Chosen['compute'], Computation>> = {
  words: {
    about: 'Counts the words of each batch, the commonest first.',
    steps: `${words}\n- countByValue\n- sortBy: { by: "([word, n]) => n", ascending: false }`,
    expect: '- [[tea, 2], [INFO, 1], [is, 1], [ready, 1], [ERROR, 1], ["no", 1]]\n- [[INFO, 1], [more, 1], [tea, 1]]',
  },
  errors: {
    about: 'Keeps the lines that report an error.',
    steps: '- filter: line => /\\b(ERROR|FATAL)\\b/.test(line)',
    expect: '- ["ERROR no tea"]\n- []',
  },
  trend: {
    about: 'The ten commonest words of the last minute, every second.',
    steps: `${words}\n- countByValueAndWindow: { length: 1m, slide: 1s }\n- top: { n: 10, by: "([word, n]) => n" }`,
    expect:
      '- [[tea, 2], [INFO, 1], [is, 1], [ready, 1], [ERROR, 1], ["no", 1]]\n' +
      '- [[tea, 3], [INFO, 2], [is, 1], [ready, 1], [ERROR, 1], ["no", 1], [more, 1]]',
  },
  totals: {
    about: 'How often each word has come since the beginning.',
    steps: `${words}\n- map: word => [word, 1]\n- updateStateByKey: (values, total) => values.reduce((a, b) => a + b, total ?? 0)`,
    expect:
      '- [[tea, 2], [INFO, 1], [is, 1], [ready, 1], [ERROR, 1], ["no", 1]]\n' +
      '- [[tea, 3], [INFO, 2], [is, 1], [ready, 1], [ERROR, 1], ["no", 1], [more, 1]]',
  },
};

const sample = `INFO tea is ready
ERROR no tea
INFO more tea
`;

const indented = (text: string, width: number): string => text.replace(/^/gm, ' '.repeat(width));
