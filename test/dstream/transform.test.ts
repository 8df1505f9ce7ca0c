import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { isRunnable, load } from '#src/cli/load.ts';
import { runTest } from '#src/cli/testRunner.ts';
import { folderWith } from '../cli/command.ts';
import { engines } from '../conformance/engines.ts';

interface Case {
  /** The function, and the batches of `given` and `other`. */
  readonly transform: string;
  readonly given?: readonly (readonly unknown[])[];
  readonly other?: readonly (readonly unknown[])[];
  readonly onError?: unknown;
  readonly module?: string;
  readonly file?: string;
}

/** What a job with one transform gives. */
async function run(
  { transform, given = [[1, 2]], other = [], onError, module, file }: Case,
  engine = engines[0]!.engine,
) {
  const emits = typeof onError === 'object';
  const streams = {
    out: { from: 'given', ...(onError ? { onError } : {}), steps: [{ transformWith: { with: 'other', transform } }] },
  };
  const job = {
    batchInterval: '1s',
    ...(module && { functions: './functions.mjs' }),
    sources: { given: { queue: [] }, other: { queue: [] } },
    streams,
    sinks: [{ from: 'out', print: {} }, ...(emits ? [{ from: 'bad', print: {} }] : [])],
    tests: [
      {
        name: 'it',
        batches: given.length,
        given: { given, other },
        expect: { out: given.map(() => []), ...(emits ? { bad: [] } : {}) },
      },
    ],
  };
  const folder = folderWith({ 'job.yaml': JSON.stringify(job) });
  writeFileSync(join(folder, 'functions.mjs'), module ?? '');
  if (file) writeFileSync(join(folder, 'lines.txt'), file);
  const loaded = await load(join(folder, 'job.yaml'), {});
  if (!isRunnable(loaded)) return { problems: loaded.problems.map(({ code }) => code) };
  const { differences, error } = await runTest(loaded, loaded.tests[0]!, engine);
  const out = given.map(
    (_, batch) => differences.find((one) => one.stream === 'out' && one.batch === batch + 1)?.unexpected ?? [],
  );
  return { out: out.map((records) => records.map((record) => JSON.parse(record))), error: error as Error | undefined };
}

describe.each(engines)('transform on $name', ({ engine }) => {
  test.each<[string, Case, unknown[][]]>([
    [
      'maps with the time in a scope',
      { transform: '(rdd, o, time) => rdd.map(x => x * t, { t: time })', given: [[1], [1]] },
      [[1000], [2000]],
    ],
    [
      'gives another graph in each batch',
      { transform: '(rdd, o, time) => (time > 1000 ? rdd.step("count") : rdd)', given: [[7], [7, 7]] },
      [[7], [2]],
    ],
    [
      'joins with the other stream',
      { transform: '(a, b) => a.keyBy(x => x).join(b.keyBy(x => x)).values()', given: [[1, 2]], other: [[2]] },
      [[[2, 2]]],
    ],
    [
      'gives an RDD of its own',
      { transform: '(a, b, t, context) => context.parallelize([3, 4, 5], 2).glom()' },
      [[[3], [4, 5]]],
    ],
    ['gives nothing', { transform: '(a, b, t, context) => context.emptyRDD()' }, [[]]],
    [
      'unites what the context unites',
      { transform: '(a, b, t, context) => context.union([a, b, a])', given: [[1]], other: [[2]] },
      [[1, 2, 1]],
    ],
    ['gives what it is given, twice', { transform: 'a => a.union(a)', given: [[1]] }, [[1, 1]]],
    [
      'sorts, descending',
      { transform: 'a => a.sortBy(x => x, { ascending: false })', given: [[1, 3, 2]] },
      [[3, 2, 1]],
    ],
    [
      'reads text files',
      { transform: "(a, b, t, context) => context.textFile('lines.txt')", file: 'x\ny\n' },
      [['x', 'y']],
    ],
    [
      'uses exports in its functions',
      { transform: 'a => a.map(x => twice(x))', module: 'export const twice = (x) => 2 * x;' },
      [[2, 4]],
    ],
    [
      'is an export itself',
      {
        transform: 'all',
        module: 'export const twice = (x) => 2 * x;\nexport const all = (rdd) => rdd.map((x) => twice(x));',
      },
      [[2, 4]],
    ],
    [
      'leaves out what fails',
      { transform: 'a => a.map(x => { if (x > 1) throw new Error("no"); return x; })', onError: 'skip' },
      [[1]],
    ],
    [
      'puts aside what fails',
      { transform: 'a => a.map(x => { if (x > 1) throw new Error("no"); return x; })', onError: { to: 'bad' } },
      [[1]],
    ],
  ])('%s', async (_, job, expected) => {
    const { out, error } = await run(job, engine);
    expect(error).toBeUndefined();
    expect(out).toEqual(expected);
  });
});

describe('a transform that cannot be', () => {
  test.each<[string, string, string, RegExp]>([
    [
      'gives null',
      '() => null',
      'bad-transform',
      /out, step 1 \(transformWith\): the function must give an RDD, and gave nothing/,
    ],
    ['gives a list', 'a => [a]', 'bad-transform', /must give an RDD/],
    ['runs an action', 'a => (a.count(), a)', 'bad-transform', /count\(\) is an action/],
    ['throws', 'a => { throw new TypeError("oh"); }', 'step-failed', /out, step 1 \(transformWith\): TypeError: oh/],
    [
      'has a function with a capture',
      '(a, b, time) => a.map(x => x + time)',
      'captured-variable',
      /uses `time` from outside/,
    ],
    [
      'wants a step that needs more than the batch',
      'a => a.step("window", { length: 1000 })',
      'bad-transform',
      /RDDs have no step window/,
    ],
    [
      'reads a file that is not there',
      "(a, b, t, context) => context.textFile('none.txt')",
      'file-missing',
      /out, step 1 .files.: textFile/,
    ],
    [
      'makes records that are no values',
      '(a, b, t, context) => context.parallelize([() => 1])',
      'not-a-value',
      /function/,
    ],
    [
      'has a function that throws',
      'a => a.map(x => x.y.z)',
      'step-failed',
      /out, step 1 \(transformWith\): Cannot read/,
    ],
  ])('because it %s', async (_, transform, code, message) => {
    const { error } = await run({ transform });
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
    expect(error).toHaveProperty('at.line');
  });

  test('because it is async is told before anything runs', async () => {
    expect(await run({ transform: 'async a => a' })).toEqual({ problems: ['bad-function'] });
  });
});
