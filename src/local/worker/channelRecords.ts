import type { StreamjobError } from '../../base/errors.ts';
import type { OnBadRecord } from '../../component/format.ts';
import { ChannelFramer } from '../../component/framing.ts';
import { Head } from '../../component/heads.ts';
import type { FormattedBytes } from './sources.ts';

/** Whole records, and what they came over. The bytes are the receiver's: who keeps them copies them. */
export interface Received {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
  readonly head?: Uint8Array | undefined;
  readonly label?: string;
}

/** How the bytes of a source become whole records, those of each connection by themselves. */
export class ChannelRecords {
  readonly #source: string;
  readonly #bytes: FormattedBytes;

  constructor(source: string, bytes: FormattedBytes) {
    this.#source = source;
    this.#bytes = bytes;
  }

  /** Cuts what comes over a connection, and gives `store` what is whole. */
  open(label: string, onBad: OnBadRecord, store: (received: Received) => void) {
    const head = this.#newHead();
    const failed: OnBadRecord = (record, error) => {
      head?.failed();
      onBad(record, error);
    };
    const framer = this.#framer(failed, `${this.#source} (${label})`);
    const whole = (bytes: Uint8Array, start: number, end: number): void => {
      const from = head?.behind(bytes, start, end) ?? start;
      if (from < end) store({ bytes, start: from, end, head: head?.bytes, label });
    };
    return {
      write: (bytes: Uint8Array): void => framer.push(bytes, whole),
      end: (): void => framer.end((bytes, start, end) => whole(...this.#delimited(bytes, start, end))),
    };
  }

  /** The first thing in these bytes, as if they came over a connection of their own, that is no record. */
  firstError(bytes: Uint8Array): StreamjobError | undefined {
    let first: StreamjobError | undefined;
    const onBad: OnBadRecord = (_record, error) => {
      first ??= error;
    };
    const framer = this.#framer(onBad, this.#source);
    const head = this.#newHead();
    const decode = (whole: Uint8Array, start: number, end: number): void => {
      const from = head?.behind(whole, start, end) ?? start;
      if (head?.bytes) this.#bytes.decoder(head.bytes, 0, head.bytes.length, onBad);
      this.#bytes.decoder(whole, from, end, onBad);
    };
    framer.push(bytes, decode);
    framer.end(decode);
    return first;
  }

  #framer(onBad: OnBadRecord, of: string): ChannelFramer {
    const { framer, framing } = this.#bytes;
    return new ChannelFramer(framer, framing.maxRecordBytes, onBad, of);
  }

  #newHead(): Head | undefined {
    const { headed, framer, framing } = this.#bytes;
    return headed ? new Head(framer, framing.delimiter) : undefined;
  }

  /** The last record of a connection may lack its delimiter, and in a block something follows it. */
  #delimited(bytes: Uint8Array, start: number, end: number): [Uint8Array, number, number] {
    const { framer, framing } = this.#bytes;
    if (framer.lastBoundary(bytes, start, end) === end) return [bytes, start, end];
    const whole = Buffer.concat([bytes.subarray(start, end), framing.delimiter]);
    return [whole, 0, whole.length];
  }
}
