import { counted } from '../base/counted.ts';
import type { LoadedJob } from '../spec/load.ts';
import { renderProblem } from '../spec/problem.ts';
import { guarantees } from './guarantees.ts';
import { exitCodeOf, isRunnable, load, type VariableOptions } from './load.ts';
import { colourful, print } from './output.ts';
import { reportError } from './reportError.ts';

interface ValidateOptions extends VariableOptions {
  readonly json?: boolean;
}

/** `streamjob validate JOB…`: all problems of all files, also if one cannot be read, and what is promised for those without. */
export default async function validate(files: readonly string[], options: ValidateOptions): Promise<number> {
  const jobs: LoadedJob[] = [];
  let unread = 0;
  for (const file of files) {
    await load(file, options).then(
      (job) => jobs.push(job),
      (error: unknown) => {
        unread = reportError(error);
      },
    );
  }
  if (options.json) await print(`${JSON.stringify(jobs.map(asJson), undefined, 2)}\n`);
  else for (const job of jobs) await print(asText(job));
  return exitCodeOf(jobs.flatMap(({ problems }) => problems)) || unread;
}

const asJson = (job: LoadedJob) => ({
  file: job.file,
  valid: isRunnable(job),
  problems: job.problems,
  guarantees: isRunnable(job) ? guarantees(job.plan, Boolean(job.checkpoint)) : [],
});

function asText(job: LoadedJob): string {
  const problems = job.problems.map((problem) => `${renderProblem(problem, { color: colourful() })}\n`);
  if (!isRunnable(job)) return `${problems.join('\n')}\n${count(job)} in ${job.file}\n\n`;
  const pairs = guarantees(job.plan, Boolean(job.checkpoint)).map(
    ({ source, sink, promise }) => `  ${source} -> ${sink}: ${promise}\n`,
  );
  return [...problems, `${job.file} is valid.\n`, ...pairs].join('');
}

function count({ problems }: LoadedJob): string {
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  const warnings = problems.length - errors;
  return [counted(errors, 'error'), ...(warnings > 0 ? [counted(warnings, 'warning')] : [])].join(', ');
}
