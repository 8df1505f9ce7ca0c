import { isIPv6 } from 'node:net';

/** Idle milliseconds after which the system asks whether the peer is still there. */
export const keepAliveAfter = 30_000;

/** `localhost:9999`, `[::1]:9999`. */
export const addressOf = (host: string, port: number): string => `${isIPv6(host) ? `[${host}]` : host}:${port}`;
