import { setTimeout as sleep } from 'node:timers/promises';
import { formatDuration } from '../../base/duration.ts';
import { StreamjobError } from '../../base/errors.ts';
import { reasonOf } from '../../base/network.ts';
import { shownUrl } from './address.ts';
import type { HttpConfig, HttpRequest, Retry } from './config.ts';

/** Why a request was not taken. */
interface Refusal {
  readonly why: string;
  /** It may be taken later, but not before so many milliseconds. */
  readonly retryAfter?: number;
  readonly cause?: unknown;
}

/** Sends requests, again where that may help. */
export class Sender {
  readonly #config: HttpConfig;
  readonly #sink: string;

  constructor(config: HttpConfig, sink: string) {
    this.#config = config;
    this.#sink = sink;
  }

  /** Resolves when the server has taken it. Rejects with StreamjobError `not-delivered`. */
  async send(request: HttpRequest, key: string): Promise<void> {
    const { retry } = this.#config;
    for (let attempt = 1; ; attempt++) {
      const refusal = await this.#try(request, key);
      if (refusal === undefined) return;
      const { retryAfter } = refusal;
      if (retryAfter === undefined) throw this.#notDelivered(request, refusal, 'Mend what it complains of');
      if (attempt >= retry.attempts) throw this.#notDelivered(request, refusal, 'Check the server', attempt);
      await sleep(Math.max(Math.min(retryAfter, retry.max), pause(retry, attempt)));
    }
  }

  async #try({ url, body, contentType }: HttpRequest, key: string): Promise<Refusal | undefined> {
    const { method, timeout } = this.#config;
    const headers = new Headers({ 'content-type': contentType, 'idempotency-key': key });
    for (const [name, value] of Object.entries(this.#config.headers)) headers.set(name, value);
    try {
      const signal = AbortSignal.timeout(timeout);
      const response = await fetch(url, { method, headers, body, signal, redirect: 'manual' });
      const text = await beginningOf(response);
      return response.ok ? undefined : refusalOf(response, text);
    } catch (error) {
      const timedOut = error instanceof Error && error.name === 'TimeoutError';
      const cause = (error as Error).cause ?? error;
      const why = timedOut ? `it did not answer within ${formatDuration(timeout)}` : reasonOf(cause);
      return { why, retryAfter: 0, cause };
    }
  }

  #notDelivered({ url }: HttpRequest, { why, cause }: Refusal, remedy: string, attempts = 1): StreamjobError {
    const times = attempts > 1 ? `, ${attempts} times` : '';
    return new StreamjobError('not-delivered', `The sink ${this.#sink} sent to ${shownUrl(url)}${times}: ${why}.`, {
      cause,
      remedy: `${remedy}; the batch is not done, and is sent again when the job is started again.`,
    });
  }
}

/** Half of it by chance: many senders that failed together shall not come back together. */
const pause = ({ min, max }: Retry, attempt: number): number =>
  Math.min(max, min * 2 ** (attempt - 1)) * (0.5 + Math.random() / 2);

function refusalOf({ status, statusText, headers }: Response, text: string): Refusal {
  const said = text.trim() === '' ? '' : ` (${text.trim().replace(/\s+/g, ' ').slice(0, shownLength)})`;
  const why = `it answered ${[status, statusText].filter(Boolean).join(' ')}${said}`;
  const passing = status >= 500 || [408, 425, 429].includes(status);
  return passing ? { why, retryAfter: retryAfterOf(headers.get('retry-after')) } : { why };
}

const shownLength = 200;

/** Seconds, or a date. */
function retryAfterOf(header: string | null): number {
  if (header === null) return 0;
  const seconds = Number(header);
  const ms = Number.isNaN(seconds) ? Date.parse(header) - Date.now() : seconds * 1000;
  return Math.max(0, ms || 0);
}

const readBytes = 64 * 1024;

/** Reads the answer, so that the connection can be used again; a long one is cut off. */
async function beginningOf({ body }: Response): Promise<string> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of body ?? []) {
    pieces.push(piece);
    length += piece.length;
    if (length > readBytes) break;
  }
  return Buffer.concat(pieces).toString();
}
