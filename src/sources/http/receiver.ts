import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Receiver, ReceiverContext } from '../../component/source.ts';
import { pollTurn } from '../receiving/inflow.ts';
import { addressOf, listen, portOf } from '../receiving/listening.ts';
import { BodyReader, memoryFull } from './body.ts';
import { contentOf } from './content.ts';
import { checkRequest } from './request.ts';
import { type HttpConfig, Refused } from './types.ts';

/** Senders that keep a connection open expect it to be there after half a minute. */
const keepAliveTimeout = 35_000;
/** How long a body that is on its way when the job stops may take. */
const stopGrace = 500;

/** Takes requests; each is answered when its records are stored. */
export class HttpReceiver implements Receiver {
  readonly #config: HttpConfig;
  readonly #context: ReceiverContext;
  readonly #bodies: BodyReader;
  readonly #reading = new Set<Promise<void>>();
  readonly #storing = new Set<Promise<void>>();
  #servers: readonly Server[] = [];
  /** New requests are refused; then, what has not been read, too. */
  #stopping = false;
  #stopped = false;
  #requests = 0;

  constructor(config: HttpConfig, context: ReceiverContext) {
    this.#config = config;
    this.#context = context;
    this.#bodies = new BodyReader(config);
  }

  /** Throws StreamjobError `port-taken`. */
  async start(): Promise<void> {
    const { host, port, path } = this.#config;
    this.#servers = await listen(host, port, () => this.#open());
    for (const server of this.#servers) server.on('error', (error) => this.#context.failed(error));
    this.#context.state('waiting', `listening on http://${addressOf(host, portOf(this.#servers))}${path}`);
  }

  #open(): Server {
    const take = (request: IncomingMessage, response: ServerResponse): void => void this.#answer(request, response);
    const server = createServer({ keepAliveTimeout }, take);
    // Who asks before sending a large body is told at once if it is not wanted.
    server.on('checkContinue', take);
    return server;
  }

  /** Everything that has been read is stored and answered; what has not arrived soon is not answered at all. */
  async stop(): Promise<void> {
    await pollTurn();
    this.#stopping = true;
    const closed = this.#servers.map((server) => new Promise((resolve) => server.close(resolve)));
    await Promise.race([Promise.all(this.#reading), sleep(stopGrace, undefined, { ref: false })]);
    await pollTurn();
    while (this.#storing.size > 0) await Promise.all(this.#storing);
    this.#stopped = true;
    await pollTurn();
    for (const server of this.#servers) server.closeAllConnections();
    await Promise.all(closed);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      await this.#take(request, response);
      this.#end(response, 200);
    } catch (thrown) {
      // What is still on its way is read and dropped, or the client would wait for ever.
      request.resume();
      if (thrown instanceof Refused) this.#end(response, thrown.status, thrown);
      else if (!request.errored) this.#fail(response, thrown);
    }
  }

  #fail(response: ServerResponse, error: unknown): void {
    this.#context.failed(error);
    this.#end(response, 503, new Refused(503, 'the records could not be stored'));
  }

  #end(response: ServerResponse, status: number, refused?: Refused): void {
    const connection = this.#stopping ? { connection: 'close' } : {};
    response.writeHead(status, { ...refused?.headers, ...connection });
    response.end(refused && `${refused.message}\n`);
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.#stopping) throw isStopping();
    checkRequest(request, this.#config);
    if (this.#context.full) throw memoryFull();
    if (request.headers.expect !== undefined) response.writeContinue();
    const body = await during(this.#reading, this.#bodies.read(request));
    if (this.#stopped) throw isStopping();
    const records = contentOf(body, request, this.#config, (bytes) => this.#context.firstError(bytes));
    await during(this.#storing, this.#store(records, request));
  }

  #store(records: Uint8Array, { socket }: IncomingMessage): Promise<void> {
    if (this.#requests++ === 0) this.#context.state('active', `${socket.remoteAddress} has sent the first request`);
    if (records.length === 0) return Promise.resolve();
    const channel = this.#context.channel(addressOf(socket.remoteAddress ?? 'a client', socket.remotePort ?? 0));
    channel.write(records);
    channel.end();
    return this.#context.stored();
  }
}

const isStopping = (): Refused => new Refused(503, 'the job is stopping; send again later', { 'retry-after': '5' });

/** The work is among those that are under way until it is done. */
async function during<T>(underWay: Set<Promise<void>>, work: Promise<T>): Promise<T> {
  const settled = work.then(
    () => {},
    () => {},
  );
  underWay.add(settled);
  try {
    return await work;
  } finally {
    underWay.delete(settled);
  }
}
