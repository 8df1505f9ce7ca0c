import type { Problem } from '../spec/problem.ts';
import { toStandardError } from './load.ts';
import type { Log } from './log.ts';

/** Tells a problem of a job file: with the line it is in on a terminal, and as a line of the log elsewhere. */
export const tellProblem =
  (log: Log) =>
  (problem: Problem): void => {
    if (log.format === 'text') return toStandardError(problem);
    const { severity, code, message, at, remedy } = problem;
    const text = `${at.file}:${at.line}:${at.column}  ${code}  ${message}`;
    log.write(severity === 'error' ? 'error' : 'warn', text, { code, ...at, remedy });
  };
