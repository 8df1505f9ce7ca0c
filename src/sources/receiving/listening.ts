import { once } from 'node:events';
import { type AddressInfo, isIPv6, type Server } from 'node:net';
import { messageOf, StreamjobError } from '../../base/errors.ts';

/** `localhost:9999`, `[::1]:9999`. */
export const addressOf = (host: string, port: number): string => `${isIPv6(host) ? `[${host}]` : host}:${port}`;

/** Where servers listen; with port 0, the one that the system chose. */
export const portOf = (servers: readonly Server[]): number => (servers[0]!.address() as AddressInfo).port;

/**
 * Listens with one server, or with two for `localhost`: it may mean either address to a client; without IPv6, or if only
 * there a chosen port is taken, one will do. Throws StreamjobError `port-taken`.
 */
export async function listen<S extends Server>(host: string, port: number, open: () => S): Promise<readonly S[]> {
  if (host !== 'localhost') return [await listenOn(host, port, open())];
  const first = await listenOn('127.0.0.1', port, open());
  const second = await listenOn('::1', portOf([first]), open()).catch(async (error: unknown) => {
    const inUse = ((error as Error).cause as NodeJS.ErrnoException | undefined)?.code === 'EADDRINUSE';
    if (!inUse || port === 0) return undefined;
    await new Promise((resolve) => first.close(resolve));
    throw error;
  });
  return second ? [first, second] : [first];
}

async function listenOn<S extends Server>(host: string, port: number, server: S): Promise<S> {
  try {
    server.listen(port, host);
    await once(server, 'listening');
    return server;
  } catch (error) {
    throw portTaken(addressOf(host, port), error);
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
