import { chmod, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { StreamjobError } from '../base/errors.ts';
import type { JsonValue } from '../base/json.ts';
import type { Plan } from '../plan/plan.ts';
import type { JobTest } from '../spec/jobTests.ts';
import { canonicalJson } from './compare.ts';
import { type Actual, withActual } from './jobFileEdits.ts';
import { load, type RunnableJob, type VariableOptions } from './load.ts';
import { type Batches, type EngineFactory, passed, runTest, type TestResult } from './testRunner.ts';

export interface Updated {
  readonly results: readonly TestResult[];
  /** How many tests now expect something else. */
  readonly changed: number;
}

/**
 * Runs the tests of a job and writes what they gave into its file. A test that ends with an error, or gives something else when it
 * is run again, is told as failed, and then nothing is written.
 */
export async function updateTests(job: RunnableJob, engine: EngineFactory, options: VariableOptions): Promise<Updated> {
  const results: TestResult[] = [];
  const changes: Actual[] = [];
  for (const [index, test] of job.tests.entries()) {
    const { result, change } = await settle(job, test, engine);
    results.push(result);
    if (change) changes.push({ index, ...change });
  }
  if (changes.length === 0 || !results.every(passed)) return { results, changed: 0 };
  await replaceJobFile(job, withActual(job.file, job.text, changes), options);
  return { results, changed: changes.length };
}

interface Settled {
  readonly result: TestResult;
  readonly change?: Omit<Actual, 'index'>;
}

/** A test with what it gave in place of what it expected. It is run once more, since some functions depend on chance or time. */
async function settle(job: RunnableJob, test: JobTest, engine: EngineFactory): Promise<Settled> {
  const asked = Object.keys(test.expect).length > 0 ? test : expectingSinks(job, test);
  const result = await runTest(job, asked, engine);
  if (passed(result) || result.error !== undefined) return { result };
  const expect = Object.fromEntries([...result.actual].map(([stream, batches]) => [stream, asJson(batches)]));
  const again = await runTest(job, { ...asked, expect }, engine);
  if (!passed(again)) return { result: again };
  const wrong = new Set(result.differences.map(({ stream }) => stream));
  const streams = new Map(Object.entries(expect).filter(([stream]) => wrong.has(stream)));
  return { result: again, change: { test, streams } };
}

/** The test with every stream that a sink reads. */
export function expectingSinks({ plan, streams }: RunnableJob, test: JobTest): JobTest {
  const read = new Set(edgesToSinks(plan));
  const names = [...streams].filter(([, { from, port }]) => read.has(`${from} ${port}`)).map(([name]) => name);
  return { ...test, expect: Object.fromEntries(names.map((name) => [name, []])) };
}

const edgesToSinks = ({ nodes }: Plan): readonly string[] =>
  nodes.flatMap((node) => (node.kind === 'sink' ? [`${node.input.from} ${node.input.port}`] : []));

/** As a job file can hold it: see `canonicalJson`. */
export const asJson = (batches: Batches): readonly (readonly JsonValue[])[] =>
  batches.map((batch) => batch.map((record) => JSON.parse(canonicalJson(record)) as JsonValue));

/**
 * Puts a new text in place of a job file, whole or not at all, if it is as good a job file as the old one. Throws StreamjobError
 * `input-changed` if the file has changed since it was read.
 */
export async function replaceJobFile(job: RunnableJob, text: string, options: VariableOptions): Promise<void> {
  const file = await realpath(job.file);
  const aside = join(dirname(file), `.${basename(file)}.${process.pid}.tmp`);
  try {
    await writeFile(aside, text, { flag: 'wx' });
    await chmod(aside, (await stat(file)).mode);
    const [problem] = (await load(aside, options)).problems.filter(({ severity }) => severity === 'error');
    if (problem) throw new StreamjobError('bug', `The rewritten job file would be wrong: ${problem.message}`);
    if ((await readFile(file, 'utf8')) !== job.text) throw changedMeanwhile(job.file);
    await rename(aside, file);
  } finally {
    await rm(aside, { force: true });
  }
}

const changedMeanwhile = (file: string): StreamjobError =>
  new StreamjobError('input-changed', `${file} has changed while its tests ran, and was left as it is.`, {
    remedy: 'Save it, and try again.',
  });
