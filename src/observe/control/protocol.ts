import { StreamjobError } from '../../base/errors.ts';
import type { JsonValue } from '../../base/json.ts';

/** One line of JSON, the first and only one that a client sends. */
export type Request =
  | { readonly ask: 'job' }
  /** `every`: milliseconds between answers; absent: one answer. */
  | { readonly ask: 'top'; readonly every?: number }
  | { readonly ask: 'tap'; readonly stream: string; readonly limit: number; readonly interval: number }
  | { readonly ask: 'slice'; readonly stream: string; readonly from: number; readonly to: number };

/** Which job a socket is of. */
export interface JobIdentity {
  readonly name: string;
  /** The whole path of the job file. */
  readonly file: string;
  readonly pid: number;
  /** Milliseconds since the epoch. */
  readonly since: number;
}

/** The longest line that a client may send, in bytes. */
export const longestRequest = 16_000;

/** Throws StreamjobError `bad-usage` for what is no request. */
export function readRequest(line: string): Request {
  const request = parsed(line);
  const { ask, stream } = request;
  if (ask === 'job') return { ask };
  if (ask === 'top') return isCount(request.every) ? { ask, every: Math.max(100, request.every) } : { ask };
  if (ask === 'tap' && typeof stream === 'string' && isCount(request.limit) && isCount(request.interval))
    return { ask, stream, limit: Math.min(request.limit, mostRecords), interval: request.interval };
  if (ask === 'slice' && typeof stream === 'string' && isCount(request.from) && isCount(request.to))
    return { ask, stream, from: request.from, to: request.to };
  throw notARequest();
}

/** So many records of a batch are shown at most. */
const mostRecords = 1_000;

function parsed(line: string): { readonly [name: string]: JsonValue | undefined } {
  try {
    return Object(JSON.parse(line));
  } catch {
    throw notARequest();
  }
}

const isCount = (value: JsonValue | undefined): value is number =>
  Number.isSafeInteger(value) && (value as number) >= 0;

const notARequest = (): StreamjobError =>
  new StreamjobError('bad-usage', 'What came is no request that this version of streamjob knows.', {
    remedy: 'Use the same version for the job and for looking into it.',
  });
