import { expect, test } from 'vitest';
import { folderWith, start, streamjob } from './command.ts';

/** Never to be seen in what is told. */
const secret = 'card-4711';

const job = (source: string, steps: string): string => `
batchInterval: 100ms
sources:
  input: { stdin: ${source} }
streams:
  all:
    from: input
    steps:
${steps}
sinks:
  - { from: all, print: { limit: 10 } }
`;

const failing: readonly (readonly [what: string, yaml: string, shown: RegExp])[] = [
  ['a function that throws with it', job('{}', '      - map: x => { throw new TypeError(x); }'), /step-failed/],
  ['a function that throws it', job('{}', '      - map: x => { throw x; }'), /step-failed/],
  ['a property of nothing', job('{}', '      - map: x => undefined[x]'), /step-failed/],
  ['a record that is no pair', job('{}', '      - groupByKey'), /not-a-pair/],
  ['a result that is no list', job('{}', '      - flatMap: x => Number.NaN || { x }.x.length'), /not-a-value/],
  ['a record that is no JSON', job('{ format: json }', '      - map: x => x'), /bad-record/],
  ['a promise that is left', job('{}', '      - map: x => { Promise.reject(new Error(x)); return 1; }'), /step-failed/],
  ['foreachRDD', `${job('{}', '      - map: x => x')}${foreachRDD()}`, /step-failed|sink-failed/],
];

function foreachRDD(): string {
  return '  - from: all\n    foreachRDD: "async (rdd) => { throw new Error(await rdd.first()); }"\n';
}

test.each(failing)('%s: no record is told, neither as text nor as JSON', async (_what, yaml, shown) => {
  const cwd = folderWith({ 'job.yaml': yaml.replace('print: { limit: 10 }', 'files: { path: out }') });
  for (const format of ['text', 'json']) {
    const told = await streamjob(['run', 'job.yaml', '--no-log-records', '--log-format', format], {
      cwd,
      input: `${secret} is "broken"\n`,
    });
    expect(told.code).toBe(1);
    expect(told.stderr).toMatch(shown);
    expect(told.stderr).toMatch(/job\.yaml|"line"/);
    expect(told.stdout + told.stderr).not.toContain(secret);
  }
});

test('without it, the record is told, and the environment says the same for services', async () => {
  const cwd = folderWith({ 'job.yaml': failing[0]![1] });
  const input = `${secret}\n`;
  expect((await streamjob(['run', 'job.yaml'], { cwd, input })).stderr).toContain(secret);
  const env = { STREAMJOB_NO_LOG_RECORDS: '1' };
  expect((await streamjob(['run', 'job.yaml'], { cwd, input, env })).stderr).not.toContain(secret);
});

test('a dead letter is as it always is', async () => {
  const yaml = job('{}', '      - map: x => { throw new Error(x); }\n    onError: { to: broken }');
  const cwd = folderWith({ 'job.yaml': `${yaml}  - { from: broken, print: { limit: 10 } }\n` });
  const { code, stdout } = await streamjob(['run', 'job.yaml', '--no-log-records'], { cwd, input: `${secret}\n` });
  expect(code).toBe(0);
  expect(stdout).toContain(`"error":"${secret}"`);
});

test('a test tells how many records differ, and validate which file is wrong', async () => {
  const cwd = folderWith({
    'test.yaml': `${job('{}', '      - map: x => x')}
tests:
  - name: differs
    given: { input: [[${secret}]] }
    expect: { all: [[other]] }
`,
    'table.yaml': `${job('{}', '      - map: x => known.get(x)')}
tables:
  known: { file: known.csv, format: csv, key: id }
`,
    'known.csv': `id,b\n${secret},1\n${secret},2\n`,
  });
  const tested = await start(['test', 'test.yaml', '--no-log-records'], { cwd }).ended;
  expect(tested.stdout).toMatch(/missing +1 records?\n.*unexpected +1 record/);
  expect(tested.stdout + tested.stderr).not.toContain(secret);
  const validated = await start(['validate', 'table.yaml', '--no-log-records', '--json'], { cwd }).ended;
  expect(validated.code).not.toBe(0);
  expect(validated.stdout).toContain('bad-table');
  expect(validated.stdout + validated.stderr).not.toContain(secret);
});
