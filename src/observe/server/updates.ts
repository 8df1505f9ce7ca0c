import type { ServerResponse } from 'node:http';
import type { BatchRecord } from '../batchRecord.ts';
import type { JobHistory } from '../history.ts';
import { batchView, statusView, type Viewer } from '../views.ts';

/** So often, in milliseconds, is told what has changed; and so often that the connection lives. */
const pace = 250;
const heartbeat = 15_000;
/** A client that leaves so many bytes unread is dropped. */
const unreadAtMost = 1e6;

/** Server-sent events: each client is told, a few times a second, which batches have changed and how the job stands. */
export class Updates {
  readonly #history: JobHistory;
  readonly #clients = new Map<ServerResponse, Viewer>();
  readonly #changed = new Set<BatchRecord>();
  readonly #unwatch: () => void;
  readonly #beat: NodeJS.Timeout;
  #timer: NodeJS.Timeout | undefined;

  constructor(history: JobHistory) {
    this.#history = history;
    this.#unwatch = history.watch((batch) => this.#note(batch));
    this.#beat = setInterval(() => this.#send(() => ': still here\n\n'), heartbeat).unref();
  }

  add(client: ServerResponse, viewer: Viewer): void {
    client.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    client.write('retry: 1000\n\n');
    this.#clients.set(client, viewer);
    client.on('close', () => this.#clients.delete(client));
  }

  /** Tells what has not been told, and that it was all. */
  close(): void {
    this.#flush();
    this.#unwatch();
    clearInterval(this.#beat);
    for (const client of this.#clients.keys()) client.end();
  }

  /** While nobody looks nothing is gathered. */
  #note(batch: BatchRecord | undefined): void {
    if (this.#clients.size === 0) return;
    if (batch) this.#changed.add(batch);
    this.#timer ??= setTimeout(() => this.#flush(), pace).unref();
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const batches = [...this.#changed];
    this.#changed.clear();
    const text = (viewer: Viewer): string => {
      const changed = batches.map((batch) => batchView(batch, viewer));
      return `event: update\ndata: ${JSON.stringify({ ...(statusView(this.#history, viewer) as object), batches: changed })}\n\n`;
    };
    const texts = new Map<boolean, string>();
    this.#send((viewer) => {
      const known = texts.get(viewer.records) ?? text(viewer);
      texts.set(viewer.records, known);
      return known;
    });
  }

  #send(text: (viewer: Viewer) => string): void {
    for (const [client, viewer] of this.#clients) {
      if (client.writableLength > unreadAtMost) client.destroy();
      else client.write(text(viewer));
    }
  }
}
