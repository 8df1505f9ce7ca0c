import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root, streamjob } from './command.ts';

const jobs = readdirSync(join(root, 'jobs')).filter((name) => name.endsWith('.yaml'));

test('every example job is valid, without a warning', async () => {
  const { code, stdout } = await streamjob(['validate', '--json', ...jobs.map((name) => `jobs/${name}`)]);
  const results = JSON.parse(stdout) as readonly { problems: readonly unknown[] }[];
  expect(results.flatMap(({ problems }) => problems)).toEqual([]);
  expect(results.length).toBe(jobs.length);
  expect(code).toBe(0);
});

test('every example job has tests, and passes them', async () => {
  const { code, stdout } = await streamjob(['test', ...jobs.map((name) => `jobs/${name}`)]);
  expect(stdout).not.toContain('has no tests');
  expect(stdout).toMatch(/, 0 failed$/m);
  expect(code).toBe(0);
});

test.each(['wordcount-files', 'queue', 'pageviews', 'access-log'])('%s runs with --once', async (name) => {
  const { code, stdout } = await streamjob(['run', `jobs/${name}.yaml`, '--once']);
  expect(stdout).toContain('Time: ');
  expect(code).toBe(0);
});
