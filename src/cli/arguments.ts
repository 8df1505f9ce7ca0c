import { InvalidArgumentError } from 'commander';
import { parseDuration } from '../base/duration.ts';

/** A whole number from 1, or the given word. */
export const positive =
  <Word extends string>(word?: Word) =>
  (text: string): number | Word => {
    if (word !== undefined && text === word) return word;
    const number = Number(text);
    if (/^\d+$/.test(text) && number >= 1 && Number.isSafeInteger(number)) return number;
    throw new InvalidArgumentError(`A whole number from 1 is expected${word ? `, or ${word}` : ''}.`);
  };

/** Milliseconds of a text such as `10m`. */
export function duration(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined || ms === 0) throw new InvalidArgumentError('A time such as 500ms, 30s, 10m or 1h is expected.');
  return ms;
}

/** `path=value`, as it is. */
export function setting(text: string): string {
  if (text.indexOf('=') > 0) return text;
  throw new InvalidArgumentError('A setting and its value are expected, as in batchInterval=5s.');
}

/** Where to listen. What is absent is the default. */
export interface Address {
  readonly host?: string;
  readonly port?: number;
}

/** `HOST:PORT`, `HOST`, `PORT` or `:PORT`; an IPv6 address with a port is written `[::1]:4040`. */
export function address(text: string): Address {
  const found = /^(?:\[([0-9a-f:.]+)\]|([^\s:/]+(?=:|$)))?(?::(\d+))?$/i.exec(/^\d+$/.test(text) ? `:${text}` : text);
  const [, v6, host = v6, digits] = found ?? [];
  const port = digits === undefined ? undefined : Number(digits);
  if (!found || text === '' || (port ?? 0) > 65_535)
    throw new InvalidArgumentError('An address such as 127.0.0.1:4040, localhost or 4040 is expected.');
  return { ...(host !== undefined && { host }), ...(port !== undefined && { port }) };
}

/** Milliseconds since the epoch, of such a number or an ISO time. */
export function time(text: string): number {
  const ms = /^\d+$/.test(text) ? Number(text) : Date.parse(text);
  if (Number.isNaN(ms)) throw new InvalidArgumentError('A time such as 2026-11-21T03:22:53.000Z is expected.');
  return ms;
}

/** For an option that may be repeated. */
export const collect =
  (parse: (text: string) => string) =>
  (text: string, previous: readonly string[] = []): readonly string[] => [...previous, parse(text)];
