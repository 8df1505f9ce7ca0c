import type { CommitMessage, SinkTask, SinkWriter } from '../../component/sink.ts';
import type { HttpConfig, HttpRequest } from './config.ts';
import { openMaker, type RequestMaker } from './maker.ts';
import { Sender } from './sender.ts';

/** Collects the requests of a task, and sends them when the task has computed everything. */
export class HttpWriter implements SinkWriter {
  readonly #config: HttpConfig;
  readonly #task: SinkTask;
  readonly #maker: RequestMaker;
  readonly #requests: HttpRequest[] = [];
  /** The records of the request that is not full yet, by URL. */
  readonly #open = new Map<string, unknown[]>();

  constructor(config: HttpConfig, task: SinkTask) {
    this.#config = config;
    this.#task = task;
    this.#maker = openMaker(config, task);
  }

  write(record: unknown): void {
    const url = this.#maker.url(record);
    const records = this.#open.get(url) ?? [];
    records.push(record);
    this.#open.set(url, records);
    if (records.length >= this.#config.batchSize) this.#finish(url, records);
  }

  /** One request at a time, so that they arrive in order. */
  async close(): Promise<CommitMessage> {
    for (const [url, records] of this.#open) this.#finish(url, records);
    const sender = new Sender(this.#config, this.#task.sink);
    for (const [number, request] of this.#requests.entries()) await sender.send(request, this.#key(number));
    return { requests: this.#requests.length };
  }

  #finish(url: string, records: readonly unknown[]): void {
    this.#open.delete(url);
    this.#requests.push(this.#maker.request(url, records, this.#requests.length));
  }

  #key(number: number): string {
    const { job, sink, time, partition } = this.#task;
    return [job, sink, time, partition, number].map(encodeURIComponent).join('/');
  }
}
