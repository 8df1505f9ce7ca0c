/**
 * Every error that a user can meet carries a code from this table. The exit code says whose turn it is:
 * 1 the job failed while running, 2 the job file or the command line is wrong, 3 the surroundings are.
 */
export const errorCodes = {
  'bad-yaml': { exit: 2, means: 'The file is not valid YAML, or uses YAML in a way that would change a function.' },
  'bad-usage': { exit: 2, means: 'The command line is wrong.' },
  'unknown-key': { exit: 2, means: 'A key that is not known at this place.' },
  'missing-key': { exit: 2, means: 'A required key is missing.' },
  'wrong-type': { exit: 2, means: 'A value has another type than its setting wants.' },
  'bad-value': { exit: 2, means: 'A value is of the right type but out of range or malformed.' },
  'one-component': { exit: 2, means: 'A source, step or sink must have exactly one component key.' },
  'unknown-component': { exit: 2, means: 'No source, step, sink or format has this name.' },
  'unknown-stream': { exit: 2, means: 'A name that no source, stream or onError defines.' },
  'duplicate-name': { exit: 2, means: 'The same name is defined twice.' },
  cycle: { exit: 2, means: 'Streams that depend on each other in a circle.' },
  'unused-stream': {
    exit: 2,
    means: 'A stream or source that no sink reaches (a warning unless it holds dead letters).',
  },
  'bad-function': { exit: 2, means: 'A function has a syntax error, is not a function, or is async.' },
  'unknown-name': { exit: 2, means: 'A function uses a name that nothing defines.' },
  'captured-variable': { exit: 2, means: 'A function given to the API uses a variable of its surroundings.' },
  'bad-module': { exit: 2, means: 'The functions module could not be loaded.' },
  'missing-variable': { exit: 2, means: 'An environment variable that the job needs is not set.' },
  'same-output': { exit: 2, means: 'Two sinks write to one place.' },
  'no-checkpoint': { exit: 2, means: 'A stateful step, or a sink with `exactlyOnce`, without a checkpoint.' },
  'not-once': { exit: 2, means: 'A source that has no end cannot run with --once.' },
  'bad-context': { exit: 2, means: 'A call that the life cycle of a StreamingContext does not allow.' },
  'not-supported': { exit: 2, means: 'The engine cannot run this.' },
  'test-failed': { exit: 1, means: 'A test of a job file failed.' },
  'step-failed': { exit: 1, means: 'A function of the job threw an error.' },
  'bad-transform': {
    exit: 1,
    means: 'A transform or foreachRDD function did with RDDs what cannot be done there, or gave no RDD.',
  },
  'bad-record': { exit: 1, means: 'A record could not be framed or decoded.' },
  'not-a-pair': { exit: 1, means: 'A keyed step got a record that is not a [key, value] pair.' },
  'not-a-value': { exit: 1, means: 'A function returned something that is not a record value.' },
  'sink-failed': { exit: 1, means: 'A sink could not write.' },
  'not-delivered': { exit: 1, means: 'A server did not take what a sink sent, as often as the sink tried.' },
  'source-failed': { exit: 1, means: 'A source failed and cannot go on.' },
  'memory-limit': { exit: 1, means: 'A batch needs more than settings.memoryLimit.' },
  'heap-limit': { exit: 1, means: 'A task needs more JavaScript memory than settings.workerHeap.' },
  'task-timeout': { exit: 1, means: 'A task ran longer than settings.taskTimeout.' },
  'state-lost': { exit: 1, means: 'A thread that held windows or states ended, and no checkpoint has them.' },
  'worker-died': { exit: 1, means: 'A worker thread ended unexpectedly.' },
  'stop-timeout': { exit: 1, means: 'A graceful stop did not finish within settings.stopTimeout.' },
  'input-changed': { exit: 1, means: 'A planned input is gone, shorter or changed.' },
  'bad-table': { exit: 3, means: 'The file of a table, or of initial states, does not hold one record for each key.' },
  'file-missing': { exit: 3, means: 'A file or directory that the job needs is not there or not readable.' },
  'output-exists': { exit: 3, means: 'An output file is in the way.' },
  'broker-unreachable': { exit: 3, means: 'A Kafka broker cannot be reached.' },
  'broker-refused': { exit: 3, means: 'A Kafka broker refuses the connection, the user or what the user wants to do.' },
  'topic-missing': { exit: 3, means: 'A Kafka topic that the job reads is not there.' },
  'kafka-failed': { exit: 1, means: 'A Kafka broker answered with an error.' },
  'port-taken': { exit: 3, means: 'The address to listen on is in use or not allowed.' },
  'checkpoint-failed': { exit: 3, means: 'The checkpoint cannot be written or read.' },
  'checkpoint-foreign': { exit: 3, means: 'The checkpoint is of another job, or of one that does not fit this one.' },
  'checkpoint-damaged': { exit: 3, means: 'A file of the checkpoint is not as it was written.' },
  'checkpoint-locked': { exit: 3, means: 'Another process holds the checkpoint.' },
  bug: { exit: 1, means: 'This is a bug in streamjob.' },
} as const satisfies Record<string, { exit: 1 | 2 | 3; means: string }>;

export type ErrorCode = keyof typeof errorCodes;

/** A place in a file, line and column counted from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/**
 * An error for the user: what came, what was expected, what to do.
 * `message` is one sentence; `remedy` says what to do; `at` is where; the original error is kept as `cause`.
 */
export class StreamjobError extends Error {
  override readonly name = 'StreamjobError';
  readonly code: ErrorCode;
  readonly at: Place | undefined;
  readonly remedy: string | undefined;
  /** The record that failed, as text and cut; left out of logs by `--no-log-records`. */
  readonly record: string | undefined;

  constructor(code: ErrorCode, message: string, more: ErrorDetails = {}) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    this.code = code;
    this.at = more.at;
    this.remedy = more.remedy;
    this.record = more.record;
  }

  get exitCode(): 1 | 2 | 3 {
    return errorCodes[this.code].exit;
  }

  /** False if it is no use to try again: the surroundings or the job are wrong, or it has been tried often enough. */
  get mayPass(): boolean {
    return this.exitCode === 1 && this.code !== 'not-delivered';
  }
}

export interface ErrorDetails {
  readonly at?: Place | undefined;
  readonly remedy?: string | undefined;
  readonly record?: string | undefined;
  readonly cause?: unknown;
}

/** What was thrown, with the place of the component that threw it, if it is an error for the user and has no place yet. */
export function placed(thrown: unknown, at: Place | undefined): unknown {
  if (!(thrown instanceof StreamjobError) || thrown.at || !at) return thrown;
  const { code, message, remedy, record, cause } = thrown;
  return new StreamjobError(code, message, { at, remedy, record, cause });
}

/** A broken promise of our own; never the user's fault. */
export const bug = (what: string, cause?: unknown): StreamjobError =>
  new StreamjobError('bug', `This is a bug in streamjob: ${what}`, {
    cause,
    remedy: 'Please report it with the job file.',
  });

/** The message of anything that was thrown. */
export const messageOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));
