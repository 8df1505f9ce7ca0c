import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { gunzip, inflate } from 'node:zlib';
import { messageOf } from '../../base/errors.ts';
import { tooLarge } from './request.ts';
import { type HttpConfig, Refused } from './types.ts';

/** Bodies that have arrived in part, of all requests, have at most so many bytes, or one of the largest. */
const minimumOfBodies = 64e6;

/** Reads bodies, within bounds. */
export class BodyReader {
  readonly #config: HttpConfig;
  #held = 0;

  constructor(config: HttpConfig) {
    this.#config = config;
  }

  /** The body as it was before it was compressed. Throws Refused; rejects if the client goes away. */
  async read(request: IncomingMessage): Promise<Buffer> {
    const encoding = (request.headers['content-encoding'] ?? 'identity').toLowerCase();
    if (!Object.hasOwn(decoders, encoding)) throw new Refused(415, `the Content-Encoding ${encoding} is not known`);
    const bytes = await this.#collect(request);
    return (await decoders[encoding]?.(bytes, this.#config)) ?? bytes;
  }

  async #collect(request: IncomingMessage): Promise<Buffer> {
    const pieces: Buffer[] = [];
    let length = 0;
    try {
      for await (const piece of request.iterator({ destroyOnReturn: false })) {
        pieces.push(piece);
        length += piece.length;
        this.#held += piece.length;
        this.#check(length);
      }
      return Buffer.concat(pieces);
    } finally {
      this.#held -= length;
    }
  }

  #check(length: number): void {
    if (length > this.#config.maxBodyBytes) throw tooLarge(this.#config);
    if (this.#held > Math.max(minimumOfBodies, this.#config.maxBodyBytes)) throw memoryFull();
  }
}

export const memoryFull = (): Refused => new Refused(429, 'memory is full; send again later', { 'retry-after': '1' });

type Decoder = (bytes: Buffer, config: HttpConfig) => Promise<Buffer>;

const decoders: Record<string, Decoder | undefined> = {
  identity: undefined,
  gzip: decompressing(promisify<Buffer, { maxOutputLength: number }, Buffer>(gunzip)),
  deflate: decompressing(promisify<Buffer, { maxOutputLength: number }, Buffer>(inflate)),
};

function decompressing(decompress: (bytes: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>): Decoder {
  return (bytes, config) =>
    decompress(bytes, { maxOutputLength: config.maxBodyBytes }).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(config);
      throw new Refused(400, `the body cannot be decompressed: ${messageOf(error)}`);
    });
}
