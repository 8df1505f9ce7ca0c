import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { errorCodes, messageOf, StreamjobError } from '../base/errors.ts';
import type { Plan } from '../plan/plan.ts';
import { type LoadedJob, loadJob } from '../spec/load.ts';
import { type Problem, renderProblem } from '../spec/problem.ts';
import { colourful } from './output.ts';

/** The options that every command with a job file has. */
export interface VariableOptions {
  readonly set?: readonly string[];
  readonly envFile?: readonly string[];
}

interface LoadingOptions extends VariableOptions {
  /** Of `run`: a directory in place of the job's, which then need not say one. */
  readonly checkpoint?: string;
}

export type RunnableJob = LoadedJob & { readonly plan: Plan };

/** Reads and checks a job file. What is wrong with it is in `problems`. */
export const load = (file: string, { envFile = [], set = [], checkpoint }: LoadingOptions): Promise<LoadedJob> =>
  loadJob(file, { env: environment(envFile), set, keptElsewhere: checkpoint !== undefined });

/**
 * Checks a job file and does the work if it is fit to run; else tells all its problems on standard error and gives their
 * exit code. Warnings are told and hinder nothing.
 */
export async function withJob(
  file: string,
  options: LoadingOptions,
  work: (job: RunnableJob) => Promise<number>,
  tell: (problem: Problem) => void = toStandardError,
): Promise<number> {
  const job = await load(file, options);
  for (const problem of job.problems) tell(problem);
  return isRunnable(job) ? work(job) : exitCodeOf(job.problems);
}

export const toStandardError = (problem: Problem): void => {
  process.stderr.write(`${renderProblem(problem, { color: colourful(process.stderr) })}\n`);
};

export const isRunnable = (job: LoadedJob): job is RunnableJob => job.plan !== undefined;

/** 2 if the job file is to be mended, 3 if it is only that something around it is missing, 0 if there are only warnings. */
export function exitCodeOf(problems: readonly Problem[]): number {
  const codes = problems.filter(({ severity }) => severity === 'error').map(({ code }) => errorCodes[code].exit);
  return codes.length === 0 ? 0 : codes.every((code) => code === 3) ? 3 : 2;
}

/** The variables of the files, a later file over an earlier one, and those of the process over all. */
function environment(files: readonly string[]): Record<string, string | undefined> {
  return Object.assign({}, ...files.map(variablesOf), process.env);
}

function variablesOf(file: string): NodeJS.Dict<string> {
  try {
    return parseEnv(readFileSync(file, 'utf8'));
  } catch (error) {
    const remedy = 'Check the path given with --env-file.';
    throw new StreamjobError('file-missing', `${file} cannot be read: ${messageOf(error)}`, { remedy, cause: error });
  }
}
