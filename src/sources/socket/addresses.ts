import { isIPv6 } from 'node:net';
import { messageOf } from '../../base/errors.ts';

/** Idle milliseconds after which the system asks whether the peer is still there. */
export const keepAliveAfter = 30_000;

/** `localhost:9999`, `[::1]:9999`. */
export const addressOf = (host: string, port: number): string => `${isIPv6(host) ? `[${host}]` : host}:${port}`;

const reasons: Record<string, string> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  EPIPE: 'connection closed',
  ETIMEDOUT: 'timed out',
  EHOSTUNREACH: 'no route to the host',
  ENETUNREACH: 'network unreachable',
  ENOTFOUND: 'the name is not known',
  EAI_AGAIN: 'the name cannot be looked up now',
};

/** In a few words, why a connection failed. */
export const reasonOf = (error: unknown): string =>
  reasons[(error as NodeJS.ErrnoException).code ?? ''] ?? messageOf(error);
