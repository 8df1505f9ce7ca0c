import { expect, test } from 'vitest';
import { folderWith, streamjob } from './command.ts';

const job = (tests: string): string => `batchInterval: 1s
sources:
  words: { socket: { port: 9999 } }
  more: { files: { path: nowhere } }
streams:
  counts:
    from: [words, more]
    steps:
      - countByValue
  lists:
    from: words
    steps:
      - map: word => [word]
  pushed:
    from: lists
    steps:
      - map: list => { list.push(1); return list; }
sinks:
  - from: counts
    files: { path: out }
  - from: pushed
    print: {}
tests:
${tests}`;

const run = (tests: string) => streamjob(['test', 'job.yaml'], { cwd: folderWith({ 'job.yaml': job(tests) }) });

test('a test that holds is told so, and nothing outside is touched', async () => {
  const { code, stdout, stderr } = await run(`
  - name: both sources
    given: { words: [[a, b, a], []], more: [[a]] }
    expect: { counts: [[[b, 1], [a, 3]], []], words: [[a, b, a], []] }
  - name: nothing given
    batches: 2
    given: {}
    expect: { counts: [[], []] }
`);
  expect(stdout).toBe('ok    job.yaml:25:5  both sources\nok    job.yaml:28:5  nothing given\n\n2 passed, 0 failed\n');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
});

test('a difference is shown per stream and batch', async () => {
  const { code, stdout } = await run(`
  - name: wrong
    given: { words: [[a, b, a], [c]] }
    expect: { counts: [[[b, 1], [a, 3]], [[c, 1]], []] }
`);
  expect(stdout).toBe(`FAIL  job.yaml:25:5  wrong
      counts, batch 1:
        missing     ["a",3]
        unexpected  ["a",2]

0 passed, 1 failed
`);
  expect(code).toBe(1);
});

test('order counts with ordered, and the number of batches always', async () => {
  const { code, stdout } = await run(`
  - name: order
    ordered: true
    given: { words: [[a, b]] }
    expect: { words: [[b, a]] }
  - name: too few
    batches: 3
    given: { words: [[a]] }
    expect: { words: [[a]] }
`);
  expect(stdout).toContain('the same records in another order: "b" expected at 1, came "a"');
  expect(stdout).toContain('1 batches expected, 3 came');
  expect(stdout).toContain('0 passed, 2 failed');
  expect(code).toBe(1);
});

test('a function that changes what it is given fails at its line', async () => {
  const { code, stdout } = await run(`
  - name: frozen
    given: { words: [[a]] }
    expect: { pushed: [[[a, 1]]] }
`);
  expect(stdout).toMatch(/job\.yaml:17:\d+ {2}step-failed/);
  expect(stdout).toMatch(/object is not extensible/);
  expect(code).toBe(1);
});

test('a job file that is wrong ends with 2, and the others are tested', async () => {
  const good = job('\n  - { name: fine, given: {}, expect: { counts: [[]] } }\n');
  const cwd = folderWith({
    'bad.yaml': 'batchInterval: x\n',
    'good.yaml': good,
    'none.yaml': good.replace(/tests:.*/s, ''),
  });
  const { code, stdout, stderr } = await streamjob(['test', 'bad.yaml', 'good.yaml', 'none.yaml'], { cwd });
  expect(stderr).toContain('bad.yaml:1:16');
  expect(stdout).toContain('1 passed, 0 failed');
  expect(stdout).toContain('none.yaml has no tests');
  expect(code).toBe(2);
});
