import { once } from 'node:events';
import { chmodSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { messageOf, StreamjobError } from '../../base/errors.ts';
import type { JsonValue } from '../../base/json.ts';
import { jsonText, readableText } from '../../component/text.ts';
import { WireReader } from '../../plan/wire.ts';
import type { Insight } from '../insight.ts';
import { newSocketPath } from './directory.ts';
import { overviewOf } from './overview.ts';
import { type JobIdentity, longestRequest, type Request, readRequest } from './protocol.ts';

export interface Control {
  readonly path: string;
  close(): Promise<void>;
}

const connectionsAtMost = 50;
/** A client says what it wants within so many milliseconds. */
const patience = 10_000;
/** A client that leaves so many bytes unread while others are waiting to be sent is dropped. */
const unreadAtMost = 4e6;

/**
 * Lets other processes of this user look into the job through a Unix socket; nothing can be changed through it. Throws StreamjobError
 * `port-taken`.
 */
export async function openControl(identity: JobIdentity, insight: Insight): Promise<Control> {
  const path = newSocketPath();
  const clients = new Set<Socket>();
  const server = createServer((socket) => {
    clients.add(socket);
    socket.on('close', () => clients.delete(socket)).on('error', () => socket.destroy());
    attend(socket, (request, client) => serve(request, client, identity, insight));
  });
  server.maxConnections = connectionsAtMost;
  server.listen(path);
  await once(server, 'listening');
  chmodSync(path, 0o600);
  server.unref();
  return { path, close: () => close(server, path, clients) };
}

/** Calls back with the first line; what is too long, or does not come in time, ends the connection. */
function attend(socket: Socket, asked: (request: Request, client: Client) => void): void {
  const client = new Client(socket);
  let line = '';
  const timer = setTimeout(() => socket.destroy(), patience).unref();
  const hear = (text: string): void => {
    line += text;
    const end = line.indexOf('\n');
    if (end < 0 && line.length <= longestRequest) return;
    clearTimeout(timer);
    socket.off('data', hear).resume();
    client.guard(() => asked(readRequest(line.slice(0, Math.max(0, end))), client));
  };
  socket.setEncoding('utf8').on('data', hear);
  socket.on('close', () => clearTimeout(timer)).unref();
}

/** Who is told something, a line of JSON at a time. */
class Client {
  readonly #socket: Socket;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** It has not taken what it was told before. */
  get isBehind(): boolean {
    return this.#socket.writableNeedDrain;
  }

  get isGone(): boolean {
    return this.#socket.destroyed;
  }

  tell(answer: JsonValue): void {
    if (this.#socket.writableLength > unreadAtMost) this.#socket.destroy();
    else if (this.#socket.writable) this.#socket.write(`${JSON.stringify(answer)}\n`);
  }

  end(): void {
    this.#socket.end();
  }

  whenGone(gone: () => void): void {
    if (this.#socket.destroyed) gone();
    else this.#socket.once('close', gone);
  }

  /** What is thrown ends the connection, and the client is told. */
  guard(work: () => void): void {
    try {
      work();
    } catch (thrown) {
      const { code, remedy = null } = thrown instanceof StreamjobError ? thrown : ({ code: 'bug' } as const);
      this.tell({ error: { code, message: messageOf(thrown), remedy } });
      this.end();
    }
  }

  /** Resolves when the client has taken what it was told, or is gone. */
  async drained(): Promise<void> {
    const socket = this.#socket;
    if (!this.isBehind || socket.destroyed) return;
    await new Promise<void>((resolve) => {
      const go = (): void => {
        socket.off('drain', go).off('close', go);
        resolve();
      };
      socket.on('drain', go).on('close', go);
    });
  }
}

function serve(request: Request, client: Client, identity: JobIdentity, insight: Insight): void {
  switch (request.ask) {
    case 'job':
      client.tell({ ...identity });
      return client.end();
    case 'top':
      return top(request, client, identity, insight);
    case 'tap':
      return tap(request, client, insight);
    case 'slice':
      void slice(request, client, insight);
  }
}

function top({ every }: Request & { ask: 'top' }, client: Client, identity: JobIdentity, { history }: Insight): void {
  const tell = (): void => client.tell({ ...identity, ...(overviewOf(history) as object) });
  tell();
  if (every === undefined) return client.end();
  const timer = setInterval(() => client.isBehind || tell(), every).unref();
  client.whenGone(() => clearInterval(timer));
}

/** A client that is behind misses samples, and is told how many. */
function tap(request: Request & { ask: 'tap' }, client: Client, insight: Insight): void {
  let missed = 0;
  const close = insight.tap({
    ...request,
    sampled({ batchTime, records, shown }) {
      if (client.isBehind) missed++;
      else client.tell({ batchTime, records, missed, shown: shown as unknown as JsonValue });
    },
  });
  client.whenGone(close);
}

/** A line for each record, as fast as the client takes them. */
async function slice(
  { stream, from, to }: Request & { ask: 'slice' },
  client: Client,
  insight: Insight,
): Promise<void> {
  let batches: ReturnType<Insight['slice']> = [];
  let failed = true;
  client.guard(() => {
    batches = insight.slice(stream, from, to);
    failed = false;
  });
  if (failed) return;
  for (const { batchTime, partitions } of batches) {
    client.tell({ batchTime });
    for (const bytes of partitions) await tellRecords(bytes, client);
  }
  client.tell({ end: true });
  client.end();
}

async function tellRecords(bytes: Uint8Array, client: Client): Promise<void> {
  for (const reader = new WireReader(bytes); !reader.done && !client.isGone; ) {
    const record = reader.read();
    client.tell({ text: readableText(record), json: jsonText(record) });
    await client.drained();
  }
}

/** Who still looks is told that it is over by the end of the connection. */
async function close(server: Server, path: string, clients: ReadonlySet<Socket>): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  for (const client of clients) client.end();
  const cut = setTimeout(() => {
    for (const client of clients) client.destroy();
  }, 500);
  await closed;
  clearTimeout(cut);
  rmSync(path, { force: true });
}
