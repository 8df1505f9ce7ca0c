import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { bin, Command, folderWith } from '../cli/command.ts';

/** Runs a job of two batches, and what `note` of its function was given. */
async function run(
  fn: string,
  settings: object = {},
): Promise<{ noted: unknown[]; code: number | null; stderr: string }> {
  const job = {
    batchInterval: '100ms',
    functions: './functions.mjs',
    settings: { threads: 2, ...settings },
    sources: { words: { queue: { batches: [['b', 'a', 'b'], []], partitions: 2 } } },
    sinks: [{ from: 'words', foreachRDD: fn }],
  };
  const folder = folderWith({ 'job.yaml': JSON.stringify(job), 'names.txt': 'a\n' });
  const file = join(folder, 'noted.txt');
  const module = `import { appendFileSync } from 'node:fs';
export const note = (value) => appendFileSync(${JSON.stringify(file)}, JSON.stringify(value) + '\\n');
export const upper = (text) => text.toUpperCase();
export const save = async (rdd) => note(await rdd.map((word) => upper(word)).collect());
let calls = 0;
export const fails = (times) => calls++ < times;`;
  writeFileSync(join(folder, 'functions.mjs'), module);
  const { code, stderr } = await new Command(process.execPath, [bin, 'run', join(folder, 'job.yaml'), '--once', '-q'])
    .ended;
  const noted = existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n') : [];
  return { noted: noted.map((line) => JSON.parse(line) as unknown), code, stderr };
}

test.each<[string, string, unknown[]]>([
  ['gets all records in order', 'async rdd => note(await rdd.collect())', [['b', 'a', 'b'], []]],
  ['takes the first ones', 'async rdd => note(await rdd.take(2))', [['b', 'a'], []]],
  [
    'counts, and sees empty batches',
    'async rdd => note([await rdd.count(), await rdd.isEmpty()])',
    [
      [3, false],
      [0, true],
    ],
  ],
  ['runs steps before an action', 'async rdd => note(await rdd.distinct().sortBy(x => x).collect())', [['a', 'b'], []]],
  [
    'gives its functions a scope',
    'async rdd => note(await rdd.map(x => x + end, { end: "!" }).collect())',
    [['b!', 'a!', 'b!'], []],
  ],
  [
    'may join with a file',
    "async (rdd, time, context) => note(await rdd.keyBy(x => x).join(context.textFile('names.txt').keyBy(x => x)).count())",
    [1, 0],
  ],
  [
    'counts by value',
    'async rdd => note((await rdd.countByValue()).sort())',
    [
      [
        ['a', 1],
        ['b', 2],
      ],
      [],
    ],
  ],
  [
    'runs several actions',
    'async rdd => note(await Promise.all([rdd.filter(x => x === "b").count(), rdd.top(1)]))',
    [
      [2, ['b']],
      [0, []],
    ],
  ],
  [
    'waits for what it is not told to wait for',
    'rdd => { rdd.map(x => x).collect().then(note); }',
    [['b', 'a', 'b'], []],
  ],
  ['is a function of the module', 'save', [['B', 'A', 'B'], []]],
  [
    'is called again after it failed',
    'async rdd => { const n = await rdd.count(); if (fails(2)) throw new Error("once more"); note(n); }',
    [3, 0],
  ],
])('%s', async (_, fn, expected) => {
  const { noted, code, stderr } = await run(fn);
  expect(stderr).not.toContain('"error"');
  expect(noted).toEqual(expected);
  expect(code).toBe(0);
});

test.each<[string, string, string]>([
  ['throws', '() => { throw new Error("oh"); }', 'sink-failed'],
  ['has a function that throws', 'async rdd => { await rdd.map(x => x.y.z).collect(); }', 'step-failed'],
  ['has a function with a capture', '(rdd, time) => rdd.map(x => x + time).collect()', 'captured-variable'],
])('ends the job when it %s', async (_, fn, code) => {
  const ended = await run(fn, { taskRetries: 0 });
  expect(ended.stderr).toContain(code);
  expect(ended.code).not.toBe(0);
});
