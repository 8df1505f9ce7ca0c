import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, isIP } from 'node:net';
import { messageOf, StreamjobError } from '../../base/errors.ts';
import type { JobHistory } from '../history.ts';
import type { Insight } from '../insight.ts';
import { openMetrics } from '../metrics.ts';
import { Guard } from './guard.ts';
import { answer, send } from './routes.ts';
import { Updates } from './updates.ts';

export interface UiOptions {
  readonly history: JobHistory;
  readonly host: string;
  /** 0: any that is free. If it is taken the next one is tried, up to 16 of them. */
  readonly port: number;
  /** By default a new one. */
  readonly token?: string;
  /** Asks the job to stop gracefully. */
  stop(reason: string): void;
  /** Once the job runs. */
  insight?(): Insight | undefined;
}

export interface Ui {
  /** Where it is, without the token. */
  readonly url: string;
  readonly token: string;
  /** Tells all who look what has not been told yet, and closes. */
  close(): Promise<void>;
}

export const defaultPort = 4040;
const portsToTry = 16;
const connectionsAtMost = 200;

/** Nothing is loaded from elsewhere, and nothing in the page is run but its own files. */
const headers = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
};

/** Serves the dashboard, the metrics and the REST API of a job. Throws `port-taken`. */
export async function openUi({
  history,
  host,
  port,
  token = randomBytes(16).toString('hex'),
  stop,
  insight = () => undefined,
}: UiOptions): Promise<Ui> {
  const metrics = await openMetrics(history);
  const server = createServer({ requestTimeout: 10_000, headersTimeout: 10_000, keepAliveTimeout: 30_000 });
  server.maxConnections = connectionsAtMost;
  const updates = new Updates(history);
  const portOf = (): number => (server.address() as AddressInfo).port;
  const guard = new Guard({ token, loopback: isLoopback(host), port: portOf });
  const site = { history, metrics, updates, guard, stop, insight };
  server.on('request', (request, response) => {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    answer(request, response, site).catch((error: unknown) => failed(response, error));
  });
  await listen(server, host, port);
  server.unref();
  return {
    url: `http://${isIP(host) === 6 ? `[${host}]` : host}:${portOf()}/`,
    token,
    close: () => close(server, updates),
  };
}

const isLoopback = (host: string): boolean => host === 'localhost' || host === '::1' || /^127\./.test(host);

async function listen(server: Server, host: string, port: number): Promise<void> {
  for (let tried = 0; ; tried++) {
    try {
      server.listen({ host, port: port + tried });
      await once(server, 'listening');
      return;
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException;
      if (code === 'EADDRINUSE' && port !== 0 && tried + 1 < portsToTry && port + tried < 65_535) continue;
      throw cannotListen(host, port, tried, cause);
    }
  }
}

function cannotListen(host: string, port: number, tried: number, cause: unknown): StreamjobError {
  const ports = tried > 0 ? `any of the ports ${port} to ${port + tried}` : `port ${port}`;
  return new StreamjobError('port-taken', `The dashboard cannot listen on ${host}, ${ports}: ${messageOf(cause)}.`, {
    remedy: 'Give another address, as in `--ui 127.0.0.1:8080`; port 0 takes any that is free.',
    cause,
  });
}

function failed(response: ServerResponse, error: unknown): void {
  if (response.headersSent) response.destroy();
  else send(response, 500, { error: messageOf(error) });
}

/** Who reads gets the rest; who does not is cut off soon. */
async function close(server: Server, updates: Updates): Promise<void> {
  updates.close();
  const closed = once(server, 'close');
  server.close();
  server.closeIdleConnections();
  const cut = setTimeout(() => server.closeAllConnections(), 500);
  await closed;
  clearTimeout(cut);
}
