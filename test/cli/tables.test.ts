import { expect, test } from 'vitest';
import { folderWith, printed, streamjob } from './command.ts';

const job = (table: string): string => `
batchInterval: 1s
tables:
  users: ${table}
sources:
  ids: { queue: { batches: [[a, x]] } }
streams:
  names:
    from: ids
    steps:
      - map: id => users.get(id)?.name ?? \`user \${id}\`
sinks:
  - from: names
    print: {}
tests:
  - name: knows the table
    given: { ids: [[b, a]] }
    expect: { names: [[Ben, Ada]] }
`;

const good = '{ file: users.csv, format: { csv: { delimiter: ";" } }, key: id }';
const users = 'id;name\na;Ada\nb;Ben\n';

test('functions find the records of a table, in run and in test', async () => {
  const cwd = folderWith({ 'job.yaml': job(good), 'users.csv': users });
  const run = await streamjob(['run', 'job.yaml', '--once', '--threads', '2'], { cwd });
  expect(run.stderr).not.toContain('error');
  expect(printed(run.stdout)).toEqual(['Ada', 'user x']);
  expect((await streamjob(['test', 'job.yaml'], { cwd })).stdout).toContain('1 passed, 0 failed');
});

test('what is wrong with a table is said before the start, at its place', async () => {
  const cwd = folderWith({ 'job.yaml': job(good), 'users.csv': 'id;name\na;Ada\na;Ben\n' });
  const twice = await streamjob(['validate', 'job.yaml'], { cwd });
  expect(twice.stderr + twice.stdout).toMatch(/job\.yaml:4:18 {2}bad-table .*users\.csv has two records with the `id`/);
  expect(twice.code).toBe(3);
  const missing = await streamjob(['run', 'job.yaml'], { cwd: folderWith({ 'job.yaml': job(good) }) });
  expect(missing.stderr).toMatch(/job\.yaml:4:18 {2}file-missing .*users\.csv cannot be read/);
  expect(missing.code).toBe(3);
});

test('the settings of a table are checked as all others', async () => {
  const wrong = job('{ file: users.csv, format: cvs, kye: id }');
  const { stderr, code } = await streamjob(['run', 'job.yaml'], {
    cwd: folderWith({ 'job.yaml': wrong, 'users.csv': users }),
  });
  expect(stderr).toMatch(/job\.yaml:4:37 {2}unknown-component .*cvs/);
  expect(stderr).toContain('Did you mean `csv`?');
  expect(stderr).toMatch(/unknown-key .*kye/);
  expect(stderr).toMatch(/missing-key .*key/);
  expect(code).toBe(2);
});

test('a table must have a name that functions can use', async () => {
  const text = job(good).replace('  users:', '  my-users:').replace('users.get', 'Number');
  const { stderr } = await streamjob(['run', 'job.yaml'], {
    cwd: folderWith({ 'job.yaml': text, 'users.csv': users }),
  });
  expect(stderr).toMatch(/job\.yaml:4:3 {2}bad-value .*`my-users` cannot be a name/);
});
