import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { type HttpConfig, Refused } from './types.ts';

/** Throws Refused for a request that need not be read. */
export function checkRequest({ method, url = '', headers }: IncomingMessage, config: HttpConfig): void {
  if (url.replace(/\?.*$/s, '') !== config.path) throw new Refused(404, `records are sent to ${config.path}`);
  if (method !== 'POST') throw new Refused(405, 'records are sent with POST', { allow: 'POST' });
  if (config.token !== undefined && !isEqual(headers.authorization ?? '', `Bearer ${config.token}`)) {
    throw new Refused(401, 'the header Authorization must be `Bearer TOKEN`', { 'www-authenticate': 'Bearer' });
  }
  if (Number(headers['content-length'] ?? 0) > config.maxBodyBytes) throw tooLarge(config);
}

export const tooLarge = ({ maxBodyBytes }: HttpConfig): Refused =>
  new Refused(413, `a body may have at most ${maxBodyBytes} bytes`);

/** Takes the same time wherever they differ. */
const isEqual = (a: string, b: string): boolean => timingSafeEqual(digest(a), digest(b));

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
