import { expect, test } from 'vitest';
import { folderWith, streamjob } from './command.ts';

const wrong = `batchInterval: 5
sources:
  lines: { socket: { host: localhost, prot: 9999 } }
streams:
  words:
    from: line
    steps:
      - flatMapp: line => line.split(' ')
sinks:
  - from: words
    print:
`;

test('all problems of all files are told at once, with place, line and remedy', async () => {
  const cwd = folderWith({ 'wrong.yaml': wrong, 'other.yaml': 'batchInterval: 1s\n' });
  const { code, stdout, stderr } = await streamjob(['validate', 'wrong.yaml', 'other.yaml'], { cwd });
  expect(stdout).toMatch(/^wrong\.yaml:1:16 {2}wrong-type/m);
  expect(stdout).toMatch(/^wrong\.yaml:3:\d+ {2}unknown-key/m);
  expect(stdout).toMatch(/^wrong\.yaml:6:11 {2}unknown-stream/m);
  expect(stdout).toMatch(/^wrong\.yaml:8:9 {2}unknown-component/m);
  expect(stdout).toMatch(/^ +8 \| {7}- flatMapp: line => line\.split\(' '\)$/m);
  expect(stdout).toMatch(/^other\.yaml:/m);
  expect({ code, stderr }).toEqual({ code: 2, stderr: '' });
});

test('a file that is missing does not keep the others from being checked', async () => {
  const cwd = folderWith({ 'wrong.yaml': wrong });
  const { code, stdout, stderr } = await streamjob(['validate', 'nowhere.yaml', 'wrong.yaml'], { cwd });
  expect(stderr).toContain('nowhere.yaml');
  expect(stdout).toContain('wrong.yaml:6:11');
  expect(code).toBe(2);
});

test('--json tells the same to programs', async () => {
  const cwd = folderWith({ 'wrong.yaml': wrong });
  const { code, stdout } = await streamjob(['validate', 'wrong.yaml', '--json'], { cwd });
  const [result] = JSON.parse(stdout) as [{ file: string; valid: boolean; problems: readonly unknown[] }];
  expect(result).toMatchObject({ file: 'wrong.yaml', valid: false });
  expect(result.problems).toContainEqual(
    expect.objectContaining({
      severity: 'error',
      code: 'unknown-stream',
      at: { file: 'wrong.yaml', line: 6, column: 11 },
    }),
  );
  expect(code).toBe(2);
});

test('a valid job is told what is promised from each source to each sink', async () => {
  const { code, stdout } = await streamjob(['validate', 'jobs/pageviews.yaml', 'jobs/orders.yaml']);
  expect(stdout).toContain('jobs/pageviews.yaml is valid.');
  expect(stdout).toMatch(/views \(files\) -> viewsPerPage-print \(print\): .*nothing is lost.* may appear in part/);
  expect(stdout).not.toMatch(/users \(queue\) -> viewsPerPage/);
  expect(stdout).toMatch(/orders \(stdin\) -> turnover-files \(files\): .* is lost.* whole file or not at all/);
  expect(code).toBe(0);
});

test('a warning hinders nothing', async () => {
  const job = `batchInterval: 1s
sources: { a: { queue: [[1]] }, unused: { queue: [[1]] } }
sinks: [{ from: a, print: {} }]
`;
  const { code, stdout } = await streamjob(['validate', 'job.yaml'], { cwd: folderWith({ 'job.yaml': job }) });
  expect(stdout).toMatch(/unused-stream {2}warning: /);
  expect(stdout).toContain('job.yaml is valid.');
  expect(code).toBe(0);
});

test('a Kafka sink with exactlyOnce asks for a checkpoint, and then promises each message once', async () => {
  const job = (header: string) => `${header}
sources: { lines: { queue: { batches: [[a]] } } }
sinks: [{ from: lines, kafka: { brokers: localhost, topic: out, exactlyOnce: true } }]
`;
  const cwd = folderWith({
    'none.yaml': job('batchInterval: 1s'),
    'kept.yaml': job('batchInterval: 1s\ncheckpoint: ./checkpoint'),
    'lost.yaml': job('batchInterval: 1s\ncheckpoint: false'),
  });
  const none = await streamjob(['validate', 'none.yaml'], { cwd });
  expect([none.code, none.stdout]).toEqual([
    2,
    expect.stringMatching(/^none\.yaml:3:\d+ {2}no-checkpoint {2}`kafka` can/),
  ]);
  const both = await streamjob(['validate', 'kept.yaml', 'lost.yaml'], { cwd });
  expect(both.code).toBe(0);
  expect(both.stdout).toContain('Each message is there once, for readers of committed transactions.');
  expect(both.stdout).toContain(
    'What a task sends appears whole or not at all, for readers of committed transactions.',
  );
});
