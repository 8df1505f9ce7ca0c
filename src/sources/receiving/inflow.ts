import type { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import type { ReceiverChannel } from '../../component/source.ts';

/** A socket, a pipe, a terminal or a file. */
export type ByteStream = Readable & { readonly bytesRead: number };

const drainBytes = 16e6;
const drainTime = 500;

/** Feeds what a stream gives into a channel, and pauses the stream while memory is full. */
export class Inflow {
  readonly #stream: ByteStream;
  readonly #channel: ReceiverChannel;
  #paused = false;
  /** What has arrived is taken, whether or not there is room: it is kept, and no more will come. */
  #draining = false;
  /** Resolves when the stream has ended or broken and its channel is ended; with the error if there was one. */
  readonly closed: Promise<Error | undefined>;

  constructor(stream: ByteStream, channel: ReceiverChannel) {
    this.#stream = stream;
    this.#channel = channel;
    this.closed = new Promise((resolve) => {
      let failure: Error | undefined;
      stream.on('error', (error) => {
        failure = error;
      });
      stream.on('close', () => {
        channel.end();
        resolve(failure);
      });
    });
    stream.on('data', (bytes: Uint8Array) => this.#take(bytes));
  }

  #take(bytes: Uint8Array): void {
    if (this.#channel.write(bytes) || this.#paused || this.#draining) return;
    this.#paused = true;
    this.#stream.pause();
    void this.#channel.drained().then(() => {
      this.#paused = false;
      this.#stream.resume();
    });
  }

  /** Takes what has already arrived at this machine, within bounds, then closes the stream. */
  async drain(): Promise<void> {
    this.#draining = true;
    this.#stream.resume();
    const deadline = Date.now() + drainTime;
    const limit = this.#stream.bytesRead + drainBytes;
    let before: number;
    do {
      before = this.#stream.bytesRead;
      await pollTurn();
    } while (this.#stream.bytesRead > before && this.#stream.bytesRead < limit && Date.now() < deadline);
    await this.close();
  }

  async close(): Promise<void> {
    this.#stream.destroy();
    await this.closed;
  }
}

/** After two immediates the event loop has looked once at all that is readable. */
export async function pollTurn(): Promise<void> {
  await setImmediate();
  await setImmediate();
}
