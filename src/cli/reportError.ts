import { readFileSync } from 'node:fs';
import { type Place, StreamjobError } from '../base/errors.ts';
import { recordsHidden, tellable, tellableStack } from '../base/logRecords.ts';
import { type Problem, problemAt, renderProblem } from '../spec/problem.ts';
import { SourceText } from '../spec/sourceText.ts';
import type { Log } from './log.ts';
import { colourful } from './output.ts';

/** Tells on standard error, or in the log, what ended a command, and gives its exit code. */
export function reportError(error: unknown, log?: Log): number {
  if (log?.format === 'json') log.write('error', cut(tellable(error)), fieldsOf(error));
  else process.stderr.write(`${describeError(error, colourful(process.stderr))}\n`);
  return error instanceof StreamjobError ? error.exitCode : 1;
}

/** What went wrong, where, and what to do. Something that is not for users is shown whole, so that it can be reported. */
export function describeError(error: unknown, color: boolean): string {
  if (!(error instanceof StreamjobError)) return tellableStack(error) ?? tellable(error);
  const shown = recordOf(error);
  const record = shown === undefined ? '' : `\n      The record: ${cut(shown)}`;
  const problem = error.at && problemOf(error, error.at);
  if (problem) return renderProblem(problem, { color }) + record;
  const remedy = error.remedy === undefined ? '' : `\n      ${error.remedy.replaceAll('\n', '\n      ')}`;
  const stack = error.code === 'bug' ? `\n${tellableStack(error.cause ?? error)}` : '';
  return `${placeOf(error)}${error.code}  ${cut(tellable(error))}${remedy}${record}${stack}`;
}

/** The same form that problems found before the start have. Nothing if the file cannot be read any more. */
function problemOf(error: StreamjobError, { file, line, column }: Place): Problem | undefined {
  const { code, remedy } = error;
  try {
    const source = new SourceText(file, readFileSync(file, 'utf8'));
    const start = source.lineStart(line - 1) + column - 1;
    return problemAt(
      { source, start, end: start + source.line(line - 1).length },
      { code, message: cut(tellable(error)), remedy },
    );
  } catch {
    return undefined;
  }
}

const placeOf = ({ at }: StreamjobError): string => (at ? `${at.file}:${at.line}:${at.column}  ` : '');

const recordOf = ({ record }: StreamjobError): string | undefined => (recordsHidden() ? undefined : record);

function fieldsOf(error: unknown): Record<string, unknown> {
  if (!(error instanceof StreamjobError)) return { code: 'bug', stack: tellableStack(error) };
  const { code, at, remedy, cause } = error;
  return { code, ...at, remedy, record: recordOf(error), stack: tellableStack(cause) };
}

const longest = 4_000;

/** Records can be long, and what a function throws can hold any number of them. */
const cut = (message: string): string =>
  message.length <= longest ? message : `${message.slice(0, longest)}… (${message.length} characters)`;
