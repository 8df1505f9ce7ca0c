import { createServer, type Server, type Socket } from 'node:net';
import { reasonOf } from '../../base/network.ts';
import type { Receiver, ReceiverContext } from '../../component/source.ts';
import { Inflow, pollTurn } from '../receiving/inflow.ts';
import { addressOf, listen, portOf } from '../receiving/listening.ts';
import { keepAliveAfter } from './addresses.ts';

interface ListenConfig {
  readonly host: string;
  readonly port: number;
}

/** Takes clients, any number at once; each is a channel of its own. */
export class Listener implements Receiver {
  readonly #config: ListenConfig;
  readonly #context: ReceiverContext;
  readonly #clients = new Set<Inflow>();
  #servers: readonly Server[] = [];

  constructor(config: ListenConfig, context: ReceiverContext) {
    this.#config = config;
    this.#context = context;
  }

  /** Throws StreamjobError `port-taken`. */
  async start(): Promise<void> {
    const { host, port } = this.#config;
    const open = (): Server =>
      createServer({ keepAlive: true, keepAliveInitialDelay: keepAliveAfter }, (socket) => this.#take(socket));
    this.#servers = await listen(host, port, open);
    for (const server of this.#servers) server.on('error', (error) => this.#context.failed(error));
    this.#context.state('waiting', `listening on ${addressOf(host, portOf(this.#servers))}`);
  }

  async stop(): Promise<void> {
    // A client that has connected and was not seen yet may have sent all of its data already.
    await pollTurn();
    const closed = this.#servers.map((server) => new Promise((resolve) => server.close(resolve)));
    await Promise.all([...this.#clients].map((client) => client.drain()));
    await Promise.all(closed);
  }

  #take(socket: Socket): void {
    const address = addressOf(socket.remoteAddress ?? 'a client', socket.remotePort ?? 0);
    const client = new Inflow(socket, this.#context.channel(address));
    this.#clients.add(client);
    if (this.#clients.size === 1) this.#context.state('active', `${address} connected`);
    void client.closed.then((error) => {
      this.#clients.delete(client);
      if (this.#clients.size > 0) return;
      const why = error ? ` (${reasonOf(error)})` : '';
      this.#context.state('idle', `${address} went away${why}, no client is connected`);
    });
  }
}
