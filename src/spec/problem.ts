import { Chalk } from 'chalk';
import type { ErrorCode, Place } from '../base/errors.ts';
import type { Span } from './sourceText.ts';

/** Something wrong in a job file. */
export interface Problem {
  readonly severity: 'error' | 'warning';
  readonly code: ErrorCode;
  /** What came, and what was expected. */
  readonly message: string;
  readonly at: Place;
  /** What to do. */
  readonly remedy?: string;
  readonly excerpt: Excerpt;
}

/** The line of a problem, or its surroundings if the line is very long. */
export interface Excerpt {
  readonly text: string;
  /** Where the problem is in it, counted from 0. */
  readonly start: number;
  readonly length: number;
}

/** Where problems go while a job is read. */
export type Report = (problem: Problem) => void;

interface ProblemText {
  readonly code: ErrorCode;
  readonly message: string;
  readonly remedy?: string | undefined;
  readonly severity?: 'error' | 'warning';
}

/** A problem with the text that a span covers; of several lines only the first is marked. */
export function problemAt(span: Span, { code, message, remedy, severity = 'error' }: ProblemText): Problem {
  const at = span.source.place(span.start);
  const excerpt = excerptOf(span.source.line(at.line - 1), at.column - 1, span.end - span.start);
  return { severity, code, message, at, ...(remedy === undefined ? {} : { remedy }), excerpt };
}

const widestExcerpt = 160;

function excerptOf(line: string, column: number, length: number): Excerpt {
  const from = line.length <= widestExcerpt ? 0 : Math.max(0, column - widestExcerpt / 2);
  const text = line.slice(from, from + widestExcerpt).trimEnd();
  const start = column - from;
  return { text, start, length: Math.max(1, Math.min(length, text.length - start)) };
}

/** In the order of the file; what is said twice is said once. */
export function inOrder(problems: readonly Problem[]): readonly Problem[] {
  const unique = new Map(problems.map((problem) => [JSON.stringify([problem.at, problem.message]), problem]));
  return [...unique.values()].sort((a, b) => a.at.line - b.at.line || a.at.column - b.at.column);
}

/** A problem for people: place, code and message, the line with a caret, and what to do. Ends without a newline. */
export function renderProblem(problem: Problem, { color }: { readonly color: boolean }): string {
  const paint = new Chalk({ level: color ? 1 : 0 });
  const { file, line, column } = problem.at;
  const severe = problem.severity === 'error' ? paint.red : paint.yellow;
  const kind = problem.severity === 'error' ? '' : 'warning: ';
  const head = `${paint.bold(`${file}:${line}:${column}`)}  ${severe(problem.code)}  ${kind}${problem.message}`;
  const gutter = `${String(line).padStart(5)} | `;
  const { text, start, length } = problem.excerpt;
  const caret = text.slice(0, start).replace(/[^\t]/g, ' ').padEnd(start) + severe('^'.repeat(length));
  const lines = [head, paint.dim(gutter) + printable(text), `${paint.dim(`${' '.repeat(5)} | `)}${caret}`];
  if (problem.remedy !== undefined) lines.push(`      ${problem.remedy}`);
  return lines.join('\n');
}

/** Control characters of a file are not for the terminal. */
const printable = (text: string): string => text.replace(/(?!\t)\p{Cc}/gu, '·');
