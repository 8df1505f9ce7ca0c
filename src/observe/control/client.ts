import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { resolve } from 'node:path';
import { type ErrorCode, errorCodes, StreamjobError } from '../../base/errors.ts';
import type { JsonValue } from '../../base/json.ts';
import { didYouMean } from '../../base/suggest.ts';
import { socketPaths } from './directory.ts';
import type { JobIdentity, Request } from './protocol.ts';

export interface FoundJob extends JobIdentity {
  readonly path: string;
}

export type Answer = { readonly [name: string]: JsonValue };

/** A job that does not say who it is within so many milliseconds is left out. */
const patience = 3_000;

/** The jobs of this user that run, the one that was started first at the beginning. Sockets of dead ones are removed. */
export async function runningJobs(): Promise<readonly FoundJob[]> {
  const found = await Promise.all(socketPaths().map(identify));
  return found.filter((job) => job !== undefined).sort((a, b) => a.since - b.since);
}

async function identify(path: string): Promise<FoundJob | undefined> {
  const timeout = AbortSignal.timeout(patience);
  try {
    for await (const answer of ask(path, { ask: 'job' }, timeout))
      return { ...(answer as unknown as JobIdentity), path };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ECONNREFUSED') rmSync(path, { force: true });
  }
  return undefined;
}

/**
 * The job that is meant by its file, its name or the number of its process; without any of them, the only one that runs.
 * Throws StreamjobError `bad-usage` if there is none or more than one.
 */
export async function findJob(wanted: string | undefined): Promise<FoundJob> {
  const jobs = await runningJobs();
  const fitting = wanted === undefined ? jobs : jobs.filter((job) => isMeant(job, wanted));
  const [job, ...others] = fitting;
  if (!job) throw noneRuns(jobs, wanted);
  if (others.length > 0) throw severalRun(fitting, wanted);
  return job;
}

const isMeant = ({ name, file, pid }: JobIdentity, wanted: string): boolean =>
  name === wanted || file === resolve(wanted) || String(pid) === wanted;

function noneRuns(jobs: readonly JobIdentity[], wanted: string | undefined): StreamjobError {
  const names = jobs.map(({ name }) => name);
  const message = wanted === undefined ? 'No job of yours is running.' : `No job ${JSON.stringify(wanted)} is running.`;
  const remedy =
    names.length > 0
      ? `${didYouMean(wanted ?? '', names)}Running: ${jobs.map(describeJob).join(', ')}.`
      : 'Start one with `streamjob run JOB`, as the same user.';
  return new StreamjobError('bad-usage', message, { remedy });
}

const severalRun = (jobs: readonly JobIdentity[], wanted: string | undefined): StreamjobError =>
  new StreamjobError(
    'bad-usage',
    `${wanted === undefined ? `${jobs.length} jobs` : `${jobs.length} jobs ${wanted}`} are running: ${jobs.map(describeJob).join(', ')}.`,
    { remedy: 'Say which one, by its job file, name or process id.' },
  );

export const describeJob = ({ name, pid }: JobIdentity): string => `${name} (process ${pid})`;

/**
 * What a job answers, line by line, until it has said all, ends, or the signal comes. Throws what the job refuses as StreamjobError, and
 * the error of the connection if there never was one.
 */
export async function* ask(path: string, request: Request, signal: AbortSignal): AsyncGenerator<Answer> {
  const socket = connect(path);
  const stop = (): void => void socket.destroy();
  try {
    await once(socket, 'connect', { signal });
    signal.addEventListener('abort', stop);
    socket.write(`${JSON.stringify(request)}\n`);
    for await (const line of linesOf(socket)) yield answerOf(line);
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    signal.removeEventListener('abort', stop);
    socket.destroy();
  }
}

/** A job that is killed resets the connection: that is an end like any other. */
async function* linesOf(socket: Socket): AsyncGenerator<string> {
  let rest = '';
  try {
    for await (const text of socket.setEncoding('utf8') as AsyncIterable<string>) {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      yield* lines;
    }
  } catch {
    return;
  }
}

function answerOf(line: string): Answer {
  const answer = JSON.parse(line) as Answer;
  if (answer.error) throw refused(answer.error as Answer);
  return answer;
}

function refused({ code, message, remedy }: Answer): StreamjobError {
  const known = typeof code === 'string' && Object.hasOwn(errorCodes, code) ? (code as ErrorCode) : 'bad-usage';
  return new StreamjobError(known, String(message), typeof remedy === 'string' ? { remedy } : {});
}
