import { type ErrorCode, errorCodes, messageOf, StreamjobError } from './errors.ts';

/** In the environment, so that every thread of the process, and every process that it starts, knows it. */
const variable = 'STREAMJOB_NO_LOG_RECORDS';

/** From now on what is told of errors holds no records: `--no-log-records`. Threads that run already do not hear of it. */
export function hideRecords(): void {
  process.env[variable] = '1';
}

export const recordsHidden = (): boolean => Boolean(process.env[variable]);

/**
 * What logs and problems say of an error. Dead letters keep the message itself: they hold the record anyway, and a job gives the
 * same whatever is logged.
 */
export function tellable(thrown: unknown): string {
  if (!recordsHidden()) return messageOf(thrown);
  const known = thrown instanceof StreamjobError;
  if (known && !mayQuote.has(thrown.code)) return thrown.message;
  return `${known ? errorCodes[thrown.code].means : 'An error was thrown.'} ${leftOut}`;
}

/** The stack of an error, as far as it may be told. */
export function tellableStack(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error) || thrown.stack === undefined || !recordsHidden()) return stackOf(thrown);
  const { name, message, stack } = thrown;
  const at = stack.indexOf(message);
  return at < 0 ? name : `${name}${stack.slice(at + message.length)}`;
}

const stackOf = (thrown: unknown): string | undefined => (thrown instanceof Error ? thrown.stack : undefined);

const leftOut = 'Its own message is left out, since it may hold records.';

/** Errors whose messages quote records, or what functions, parsers and servers say of them. */
const mayQuote: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'bad-record',
  'bad-table',
  'bad-transform',
  'bug',
  'not-a-pair',
  'not-a-value',
  'not-delivered',
  'sink-failed',
  'source-failed',
  'step-failed',
  'worker-died',
]);
