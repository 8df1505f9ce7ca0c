import { Chalk } from 'chalk';
import type { Place } from '../base/errors.ts';
import { recordsHidden } from '../base/logRecords.ts';
import { LocalEngine } from '../local/index.ts';
import type { JobTest } from '../spec/jobTests.ts';
import type { Difference } from './compare.ts';
import { type RunnableJob, type VariableOptions, withJob } from './load.ts';
import { colourful, print } from './output.ts';
import { describeError, reportError } from './reportError.ts';
import { testEngines } from './testEngines.ts';
import { type EngineFactory, passed, runTest, type TestResult } from './testRunner.ts';

interface TestOptions extends VariableOptions {
  readonly threads: number;
  readonly update?: boolean;
  /** How many batches; true without a number. */
  readonly record?: number | true;
}

const chalk = new Chalk({ level: colourful() ? 1 : 0 });

/** `streamjob test JOB…`: runs the tests of all files, tells each and every difference. 1 if a test failed, 2 if a job is wrong. */
export default async function test(files: readonly string[], options: TestOptions): Promise<number> {
  const engines = testEngines(options.threads);
  const results: TestResult[] = [];
  let exitCode = 0;
  for (const file of files) {
    const code = await withJob(file, options, async (job) => {
      if (options.record) await record(job, options);
      else if (options.update) results.push(...(await updateJob(job, engines.engine, options)));
      else results.push(...(await testJob(job, engines.engine)));
      return 0;
    }).catch((error: unknown) => reportError(error));
    exitCode = Math.max(exitCode, code);
  }
  await engines.close();
  if (options.record) return exitCode;
  const failed = results.filter((result) => !passed(result)).length;
  await print(`\n${results.length - failed} passed, ${failed} failed\n`);
  return exitCode === 0 && failed > 0 ? 1 : exitCode;
}

async function testJob(job: RunnableJob, engine: EngineFactory): Promise<readonly TestResult[]> {
  await tellNone(job);
  const results: TestResult[] = [];
  for (const test of job.tests) {
    const result = await runTest(job, test, engine);
    results.push(result);
    await tell(result);
  }
  return results;
}

async function updateJob(
  job: RunnableJob,
  engine: EngineFactory,
  options: TestOptions,
): Promise<readonly TestResult[]> {
  await tellNone(job);
  const { updateTests } = await import('./updateTests.ts');
  const { results, changed } = await updateTests(job, engine, options);
  for (const result of results) await tell(result);
  const unchanged = results.every(passed) ? '' : ': nothing was written';
  await print(
    changed > 0
      ? `\n${job.file}: ${changed} of ${results.length} tests rewritten\n`
      : `\n${job.file}: as it was${unchanged}\n`,
  );
  return results;
}

async function record(job: RunnableJob, options: TestOptions): Promise<void> {
  const engine: EngineFactory = (settings) => new LocalEngine({ ...settings, threads: options.threads });
  const batches = typeof options.record === 'number' ? options.record : 1;
  process.stderr.write(
    `Recording ${batches === 1 ? 'a batch' : `${batches} batches`} of ${job.file}; Ctrl-C ends it sooner.\n`,
  );
  const { recordTest } = await import('./recordTest.ts');
  await print(`${job.file}: added the test "${await recordTest(job, engine, batches, options)}"\n`);
}

async function tellNone({ tests, file }: RunnableJob): Promise<void> {
  if (tests.length === 0) await print(`${chalk.yellow('none')}  ${file} has no tests\n`);
}

const tell = (result: TestResult): Promise<void> =>
  print(`${passed(result) ? chalk.green('ok  ') : chalk.red('FAIL')}  ${title(result.test)}\n${reasons(result)}`);

const title = ({ name, at }: JobTest): string => `${where(at)}  ${name}`;

const where = ({ file, line, column }: Place): string => `${file}:${line}:${column}`;

function reasons({ error, differences }: TestResult): string {
  const thrown = error === undefined ? [] : [`${describeError(error, colourful())}\n`];
  const texts = [...thrown, ...differences.map(describeDifference)];
  return texts.map((text) => text.replace(/^(?=.)/gm, '      ')).join('');
}

function describeDifference({ stream, batch, note, missing, unexpected }: Difference): string {
  const lines = [
    ...(note ? [note] : []),
    ...some(missing).map((record) => `${chalk.green('missing   ')}  ${record}`),
    ...some(unexpected).map((record) => `${chalk.red('unexpected')}  ${record}`),
  ];
  return `${stream}${batch === undefined ? '' : `, batch ${batch}`}:\n${lines.map((line) => `  ${line}\n`).join('')}`;
}

const shown = 20;

/** The first few, and how many more there are; long records are cut. With `--no-log-records` only how many. */
function some(records: readonly string[]): readonly string[] {
  if (recordsHidden()) return records.length === 0 ? [] : [`${records.length} records`];
  const first = records.slice(0, shown).map((record) => (record.length > 500 ? `${record.slice(0, 500)}…` : record));
  return records.length > shown ? [...first, `… and ${records.length - shown} more`] : first;
}
