import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { messageOf, StreamjobError } from '../../base/errors.ts';
import { reasonOf } from '../../base/network.ts';
import type { Receiver, ReceiverContext } from '../../component/source.ts';
import { Inflow, pollTurn } from '../receiving/inflow.ts';
import { addressOf, keepAliveAfter } from './addresses.ts';

interface ListenConfig {
  readonly host: string;
  readonly port: number;
}

/** Takes clients, any number at once; each is a channel of its own. */
export class Listener implements Receiver {
  readonly #config: ListenConfig;
  readonly #context: ReceiverContext;
  readonly #clients = new Set<Inflow>();
  #servers: Server[] = [];

  constructor(config: ListenConfig, context: ReceiverContext) {
    this.#config = config;
    this.#context = context;
  }

  /** Throws StreamjobError `port-taken`. */
  async start(): Promise<void> {
    const { host, port } = this.#config;
    if (host === 'localhost') await this.#listenOnBothLoopbacks();
    else await this.#listen(host, port);
    this.#context.state('waiting', `listening on ${addressOf(host, this.#port())}`);
  }

  async stop(): Promise<void> {
    // A client that has connected and was not seen yet may have sent all of its data already.
    await pollTurn();
    const closed = this.#servers.map((server) => new Promise((resolve) => server.close(resolve)));
    await Promise.all([...this.#clients].map((client) => client.drain()));
    await Promise.all(closed);
  }

  /** `localhost` may mean either address to a client; without IPv6, or if only there a chosen port is taken, one will do. */
  async #listenOnBothLoopbacks(): Promise<void> {
    await this.#listen('127.0.0.1', this.#config.port);
    await this.#listen('::1', this.#port()).catch((error: unknown) => {
      const inUse = ((error as Error).cause as NodeJS.ErrnoException | undefined)?.code === 'EADDRINUSE';
      if (inUse && this.#config.port !== 0) throw error;
    });
  }

  async #listen(host: string, port: number): Promise<void> {
    const server = createServer({ keepAlive: true, keepAliveInitialDelay: keepAliveAfter }, (socket) =>
      this.#take(socket),
    );
    try {
      server.listen(port, host);
      await once(server, 'listening');
    } catch (error) {
      await this.#closeServers();
      throw portTaken(addressOf(host, port), error);
    }
    server.on('error', (error) => this.#context.failed(error));
    this.#servers.push(server);
  }

  async #closeServers(): Promise<void> {
    const servers = this.#servers;
    this.#servers = [];
    await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  }

  #port(): number {
    return (this.#servers[0]!.address() as AddressInfo).port;
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

function portTaken(address: string, cause: unknown): StreamjobError {
  const reasons: Record<string, string> = {
    EADDRINUSE: 'another process listens there',
    EACCES: 'ports below 1024 need more rights',
    EADDRNOTAVAIL: 'this machine does not have that address',
    ENOTFOUND: 'the name is not known',
  };
  const reason = reasons[(cause as NodeJS.ErrnoException).code ?? ''] ?? messageOf(cause);
  return new StreamjobError('port-taken', `Cannot listen on ${address}: ${reason}.`, {
    cause,
    remedy: 'End the other process, or choose another `port` or `host`.',
  });
}
