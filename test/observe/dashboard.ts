import { get, type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { type Command, folderWith, start } from '../cli/command.ts';

/** A job that makes up records, keeps keys and a window, and fails in the batch that has the record 20. */
export const job = `
name: watched
batchInterval: 100ms
settings: { onBatchFailure: continue, taskRetries: 0 }
sources:
  numbers:
    rate: { rowsPerSecond: 100 }
  lines:
    socket: { port: 1 }
  arrivals:
    files: { path: in, minAge: 0s }
streams:
  others:
    from: [lines, arrivals, numbers]
    steps:
      - window: { length: 300ms }
  words:
    from: numbers
    steps:
      - map: |-
          ({ value }) => {
            if (value === 20) throw new Error('<b>twenty</b>');
            return [value % 5, 1];
          }
      - reduceByKeyAndWindow: { reduce: '(a, b) => a + b', length: 1s }
sinks:
  - from: words
    name: out
    files: { path: out, format: json }
  - from: others
    name: rest
    files: { path: rest }
`;

export const token = 'a-token-for-tests';

export interface Watched {
  readonly command: Command;
  /** Without the slash at its end. */
  readonly url: string;
  readonly folder: string;
}

/** Starts a job with its dashboard on a free port. */
export async function watched(text = job, address = '127.0.0.1:0', more: readonly string[] = []): Promise<Watched> {
  const folder = folderWith({ 'job.yaml': text });
  const args = ['run', join(folder, 'job.yaml'), '--checkpoint', join(folder, 'kept'), '--log-format', 'text'];
  const command = start([...args, ...more, '--threads', '1', '--ui', address, '--ui-token', token]);
  await command.seen('stderr', /dashboard: \S+\n/, 40_000);
  const url = /dashboard: (\S+)\/\n/.exec(command.stderr)![1]!;
  return { command, url, folder };
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  json<T>(): T;
}

/** Asks with node:http, which sends a Host and Origin as they are given. */
export function ask(url: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asking = request(url, { method, headers, agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body, json: () => JSON.parse(body) }),
      );
    });
    asking.on('error', reject).end();
  });
}

export const bearer = { authorization: `Bearer ${token}` };

/** Asks again until the answer is as wanted. */
export async function until<T>(look: () => Promise<T>, wanted: (value: T) => boolean, deadline = 40_000): Promise<T> {
  const end = Date.now() + deadline;
  for (;;) {
    const value = await look();
    if (wanted(value)) return value;
    if (Date.now() > end) throw new Error(`not as wanted in time: ${JSON.stringify(value).slice(0, 500)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Server-sent events as they come. */
export function follow(url: string): { readonly updates: string[]; readonly ended: Promise<void>; close(): void } {
  const updates: string[] = [];
  let over: () => void;
  const ended = new Promise<void>((resolve) => {
    over = resolve;
  });
  const asking = get(url, { agent: false }, (response) => {
    response.setEncoding('utf8').on('data', (text: string) => updates.push(text));
    response.on('close', () => over());
  });
  asking.on('error', () => over());
  return { updates, ended, close: () => asking.destroy() };
}
