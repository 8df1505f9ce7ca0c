import { Chalk } from 'chalk';
import type { Place } from '../base/errors.ts';
import { LocalEngine } from '../local/index.ts';
import type { JobTest } from '../spec/jobTests.ts';
import type { Difference } from './compare.ts';
import { type RunnableJob, type VariableOptions, withJob } from './load.ts';
import { colourful, print } from './output.ts';
import { describeError, reportError } from './reportError.ts';
import { type EngineFactory, passed, runTest, type TestResult } from './testRunner.ts';

interface TestOptions extends VariableOptions {
  readonly threads: number;
}

const chalk = new Chalk({ level: colourful() ? 1 : 0 });

/** `streamjob test JOB…`: runs the tests of all files, tells each and every difference. 1 if a test failed, 2 if a job is wrong. */
export default async function test(files: readonly string[], options: TestOptions): Promise<number> {
  const engine: EngineFactory = (settings) => new LocalEngine({ ...settings, threads: options.threads });
  const results: TestResult[] = [];
  let exitCode = 0;
  for (const file of files) {
    const code = await withJob(file, options, async (job) => {
      results.push(...(await testJob(job, engine)));
      return 0;
    }).catch((error: unknown) => reportError(error));
    exitCode = Math.max(exitCode, code);
  }
  const failed = results.filter((result) => !passed(result)).length;
  await print(`\n${results.length - failed} passed, ${failed} failed\n`);
  return exitCode === 0 && failed > 0 ? 1 : exitCode;
}

async function testJob(job: RunnableJob, engine: EngineFactory): Promise<readonly TestResult[]> {
  if (job.tests.length === 0) await print(`${chalk.yellow('none')}  ${job.file} has no tests\n`);
  const results: TestResult[] = [];
  for (const test of job.tests) {
    const result = await runTest(job, test, engine);
    results.push(result);
    await print(`${passed(result) ? chalk.green('ok  ') : chalk.red('FAIL')}  ${title(test)}\n${reasons(result)}`);
  }
  return results;
}

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

/** The first few, and how many more there are; long records are cut. */
function some(records: readonly string[]): readonly string[] {
  const first = records.slice(0, shown).map((record) => (record.length > 500 ? `${record.slice(0, 500)}…` : record));
  return records.length > shown ? [...first, `… and ${records.length - shown} more`] : first;
}
