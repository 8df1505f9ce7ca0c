import { afterAll, expect, test } from 'vitest';
import { isRunnable, load, type RunnableJob } from '#src/cli/load.ts';
import { type TestEngines, testEngines } from '#src/cli/testEngines.ts';
import { runTest } from '#src/cli/testRunner.ts';
import { folderWith } from './command.ts';

const made: TestEngines[] = [];

/** Engines with one thread, so that every test gets the same one, or another. */
function oneThread(): TestEngines {
  const engines = testEngines(1);
  made.push(engines);
  return engines;
}

afterAll(() => Promise.all(made.map((engines) => engines.close())));

const job = (step: string, header = '') => `
name: example
batchInterval: 1s
checkpoint: false
${header}
sources: { in: { queue: [] } }
streams: { out: { from: in, steps: [ ${step} ] } }
sinks: [ { from: out, print: {} } ]
tests: [ { name: a test, given: { in: [ [1], [1] ] }, expect: { out: [ [], [] ] } } ]
`;

async function loaded(yaml: string): Promise<RunnableJob> {
  const folder = folderWith({ 'job.yaml': yaml, 'own.js': 'let n = 0;\nexport const next = () => ++n;\n' });
  const read = await load(`${folder}/job.yaml`, {});
  expect(read.problems.filter(({ severity }) => severity === 'error')).toEqual([]);
  if (!isRunnable(read)) throw new Error('not a valid job');
  return read;
}

/** What the test of a job gave on the next engine. */
async function outcome({ engine }: TestEngines, runnable: RunnableJob) {
  const { actual, error } = await runTest(runnable, runnable.tests[0]!, engine);
  return error ?? actual.get('out');
}

/** Counts the records that the thread has ever seen. */
const counting = await loaded(job("{ map: 'x => (globalThis.seen = (globalThis.seen ?? 0) + x)' }"));

test('a test gets the threads of the test before it', async () => {
  const engines = oneThread();
  expect(await outcome(engines, counting)).toEqual([[1], [2]]);
  expect(await outcome(engines, counting)).toEqual([[3], [4]]);
});

test('nothing is left of the windows, states and transforms of the test before', async () => {
  const engines = oneThread();
  const keyed = (step: string) => job(`{ keyBy: 'x => x' }, ${step}`);
  const steps: readonly (readonly [yaml: string, given: unknown])[] = [
    [
      keyed("{ mapWithState: '(key, value, state) => state.update((state.getOption() ?? 0) + 1) ?? state.get()' }"),
      [[1], [2]],
    ],
    [job('{ countByWindow: { length: 5s } }'), [[1], [2]]],
    [job('{ window: { length: 5s } }'), [[1], [1, 1]]],
    [job("{ transform: '(rdd, time) => rdd.map(x => [x, time], { time })' }"), [[[1, 1000]], [[1, 2000]]]],
    [job("{ transform: '(rdd, time) => rdd.map(x => [time, x], { time })' }"), [[[1000, 1]], [[2000, 1]]]],
  ];
  const jobs = await Promise.all(steps.map(([yaml]) => loaded(yaml)));
  for (const i of [...steps.keys(), ...steps.keys()]) {
    expect(await outcome(engines, jobs[i]!), `step ${i}`).toEqual(steps[i]![1]);
  }
});

test('a job with a functions module has threads of its own', async () => {
  const engines = oneThread();
  const own = await loaded(job('{ map: next }', 'functions: ./own.js'));
  expect(await outcome(engines, own)).toEqual([[1], [2]]);
  expect(await outcome(engines, own)).toEqual([[1], [2]]);
  expect(await outcome(engines, counting)).toEqual([[1], [2]]);
  expect(await outcome(engines, counting)).toEqual([[3], [4]]);
});

test('a test after one that has failed, or that wants other settings, has threads of its own', async () => {
  const engines = oneThread();
  expect(await outcome(engines, counting)).toEqual([[1], [2]]);
  expect(await outcome(engines, await loaded(job("{ map: 'x => x.no.way' }")))).toMatchObject({ code: 'step-failed' });
  expect(await outcome(engines, counting)).toEqual([[1], [2]]);
  const other = { ...counting, settings: { ...counting.settings, workerHeap: 2e9 } };
  expect(await outcome(engines, other)).toEqual([[1], [2]]);
});
