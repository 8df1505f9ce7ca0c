import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { formatDuration } from '../../base/duration.ts';
import { reasonOf } from '../../base/network.ts';
import type { Receiver, ReceiverContext } from '../../component/source.ts';
import { Inflow } from '../receiving/inflow.ts';
import { addressOf } from '../receiving/listening.ts';
import { keepAliveAfter } from './addresses.ts';

interface ConnectConfig {
  readonly host: string;
  readonly port: number;
  readonly reconnect: { readonly min: number; readonly max: number };
}

/** Connects to a server, and again whenever it is not there or goes away. */
export class Connector implements Receiver {
  readonly #config: ConnectConfig;
  readonly #context: ReceiverContext;
  readonly #address: string;
  readonly #stopping = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #inflow: Inflow | undefined;

  constructor(config: ConnectConfig, context: ReceiverContext) {
    this.#config = config;
    this.#context = context;
    this.#address = addressOf(config.host, config.port);
  }

  async start(): Promise<void> {
    this.#running = this.#run().catch((error: unknown) => this.#context.failed(error));
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#inflow?.drain();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { min, max } = this.#config.reconnect;
    for (let pause = min; !this.#stopping.signal.aborted; pause = Math.min(2 * pause, Math.max(min, max))) {
      const { connected, reason } = await this.#visit();
      if (connected) pause = min;
      if (this.#stopping.signal.aborted) return;
      const what = connected ? `${this.#address} went away` : `waiting for ${this.#address}`;
      this.#context.state('waiting', `${what} (${reason}), next try in ${formatDuration(pause)}`);
      await sleep(pause, undefined, { signal: this.#stopping.signal }).catch(() => {});
    }
  }

  /** Connects and receives until the connection ends, and says why it did. */
  async #visit(): Promise<{ connected: boolean; reason: string }> {
    const { host, port } = this.#config;
    const socket = connect({ host, port, keepAlive: true, keepAliveInitialDelay: keepAliveAfter });
    try {
      await connection(socket, this.#stopping.signal);
    } catch (error) {
      return { connected: false, reason: reasonOf(error) };
    }
    this.#inflow = new Inflow(socket, this.#context.channel(this.#address));
    this.#context.state('active', `connected to ${this.#address}`);
    const error = await this.#inflow.closed;
    this.#inflow = undefined;
    return { connected: true, reason: error ? reasonOf(error) : 'it closed the connection' };
  }
}

/** Resolves when connected. Rejects with the reason why not, or when it is to stop; the socket is then destroyed. */
function connection(socket: Socket, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const giveUp = (): void => void socket.destroy(new Error('stopped'));
    signal.addEventListener('abort', giveUp);
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      resolve();
    });
    for (const event of ['connect', 'close']) socket.once(event, () => signal.removeEventListener('abort', giveUp));
    if (signal.aborted) giveUp();
  });
}
