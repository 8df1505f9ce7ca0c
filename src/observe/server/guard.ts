import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

export interface GuardOptions {
  readonly token: string;
  /** Only this machine can reach the server. */
  readonly loopback: boolean;
  /** Names the cookie: browsers share cookies between the ports of a host. */
  port(): number;
}

/** What a request may do. `refused`: the status and why. */
export type Admission =
  | { readonly refused: 401 | 403; readonly why: string }
  | { readonly refused?: undefined; readonly trusted: boolean };

const localHosts: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * Who may do what. A page of somebody else can make a browser on this machine send requests: it shows itself by its Origin, or
 * by the name in Host if it had that name point to this machine. Beyond this machine everything needs the token.
 */
export class Guard {
  readonly #options: GuardOptions;

  constructor(options: GuardOptions) {
    this.#options = options;
  }

  get cookieName(): string {
    return `streamjob-${this.#options.port()}`;
  }

  admit(request: IncomingMessage, url: URL): Admission {
    const { host = '', origin } = request.headers;
    const { loopback } = this.#options;
    if (loopback && !localHosts.has(host.replace(/:\d+$/, '').toLowerCase()))
      return { refused: 403, why: `This address does not answer to the name ${JSON.stringify(host)}.` };
    if (origin !== undefined && origin !== `http://${host}`)
      return { refused: 403, why: 'Other pages may not ask this one.' };
    const given = this.#tokenOf(request, url);
    if (given !== undefined && !this.#isToken(given)) return { refused: 401, why: 'This is not the token.' };
    if (given === undefined && !loopback) return { refused: 401, why: 'Everything here needs the token.' };
    return { trusted: given !== undefined };
  }

  /** A cookie of an earlier run, at the same port, is as good as none. */
  #tokenOf({ headers }: IncomingMessage, url: URL): string | undefined {
    const bearer = /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1];
    if (bearer !== undefined) return bearer;
    const asked = url.searchParams.get('token');
    if (asked !== null) return asked;
    const pairs = (headers.cookie ?? '').split(/; */).map((pair) => pair.split('='));
    const cookie = pairs.find(([name]) => name === this.cookieName)?.[1];
    return cookie !== undefined && this.#isToken(cookie) ? cookie : undefined;
  }

  /** Takes as long whatever the difference is. */
  #isToken(given: string): boolean {
    return timingSafeEqual(hash(given), hash(this.#options.token));
  }
}

const hash = (text: string): Buffer => createHash('sha256').update(text).digest();
