import { expect, test } from 'vitest';
import { folderWith, streamjob } from '../cli/command.ts';

const job = (steps: string, sink: string, source = '{ queue: { batches: [[1]] } }'): string => `
batchInterval: 100ms
settings: { taskTimeout: 2s, threads: 1 }
sources:
  input: ${source}
streams:
  all:
    from: input
    steps:
      - map: x => x
${steps}
sinks:
  - { from: all, ${sink} }
`;

const print = 'print: { limit: 10 }';

test.each([
  ['transform', job("      - transform: 'rdd => { for (;;); }'", print), 11, 'all, step 2 (transform)'],
  ['foreachRDD', job('', "foreachRDD: 'rdd => { for (;;); }'"), 13, '(foreachRDD)'],
  [
    'foreachRDD behind an action',
    job('', "foreachRDD: 'async rdd => { await rdd.map(x => x).count(); for (;;); }'"),
    13,
    '(foreachRDD)',
  ],
  ['an expression that takes for ever', job('', `foreachRDD: '() => /^(a+)+$/.test("a".repeat(50) + "b")'`), 13, ''],
])('%s that never returns ends the process, which says where', async (_what, yaml, line, step) => {
  const { code, stderr } = await streamjob(['run', 'job.yaml', '--once'], { cwd: folderWith({ 'job.yaml': yaml }) });
  expect(stderr).toMatch(new RegExp(`job\\.yaml:${line}:\\d+ {2}task-timeout `));
  expect(stderr).toContain(step);
  expect(stderr).toContain('more than 2s (settings.taskTimeout)');
  expect(code).toBe(1);
});

test('one that waits for longer than that, without keeping the thread busy, may', async () => {
  const yaml = job('', "foreachRDD: 'async () => { await new Promise((done) => setTimeout(done, 4000)); }'");
  const { code, stderr } = await streamjob(['run', 'job.yaml', '--once'], { cwd: folderWith({ 'job.yaml': yaml }) });
  expect([code, stderr]).toEqual([0, expect.not.stringContaining('task-timeout')]);
});
