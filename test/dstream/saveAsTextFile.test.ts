import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { folderWith, streamjob } from '../cli/command.ts';

const batches = [['b', { a: 1 }, 'c'], []];

/** Runs the function on two batches, the first of two partitions. */
async function run(fn: string, cwd = folderWith({})) {
  const job = {
    batchInterval: '100ms',
    settings: { threads: 2 },
    sources: { words: { queue: { batches, partitions: 2 } } },
    sinks: [{ from: 'words', foreachRDD: fn }],
  };
  const { code, stderr } = await streamjob(['run', jobIn(cwd, job), '--once', '-q']);
  return { code, stderr, cwd };
}

function jobIn(folder: string, job: unknown): string {
  const path = join(folder, 'job.yaml');
  writeFileSync(path, JSON.stringify(job));
  return path;
}

const contents = (folder: string) =>
  Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')]));

test('writes a file for each partition, and _SUCCESS, also of a batch without records', async () => {
  const { code, cwd } = await run(
    "async (rdd, time) => rdd.saveAsTextFile('out/' + (await rdd.isEmpty() ? 'none' : 'some'))",
  );
  expect(code).toBe(0);
  expect(readdirSync(join(cwd, 'out')).sort()).toEqual(['none', 'some']);
  expect(
    Object.values(contents(join(cwd, 'out/some')))
      .join('')
      .split('\n')
      .sort(),
  ).toEqual(['', 'b', 'c', '{"a":1}']);
  expect(Object.keys(contents(join(cwd, 'out/some'))).sort()).toEqual(['_SUCCESS', 'part-00000', 'part-00001']);
  expect(contents(join(cwd, 'out/none'))).toMatchObject({ _SUCCESS: '' });
});

test('writes what comes of steps, and is waited for without await', async () => {
  const { code, cwd } = await run(
    "async (rdd, time) => { if (!(await rdd.isEmpty())) rdd.filter(x => typeof x === 'string').repartition(1).saveAsTextFile('up') }",
  );
  expect([code, readdirSync(cwd)]).toEqual([0, ['job.yaml', 'up']]);
  expect(contents(join(cwd, 'up'))['part-00000']?.split('\n').sort()).toEqual(['', 'b', 'c']);
});

test('refuses a name that is taken, at once', async () => {
  const cwd = folderWith({});
  mkdirSync(join(cwd, 'out'));
  const { code, stderr } = await run("async (rdd) => rdd.saveAsTextFile('out')", cwd);
  expect(stderr).toContain('output-exists');
  expect([code, readdirSync(join(cwd, 'out'))]).toEqual([3, []]);
});
