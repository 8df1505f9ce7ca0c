import type { StreamjobError } from '../../base/errors.ts';
import { textStart } from '../../component/delimited.ts';
import type { Framer, OnBadRecord } from '../../component/format.ts';
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
    const beginning = this.#newBeginning();
    const failed: OnBadRecord = (record, error) => {
      beginning.failed();
      onBad(record, error);
    };
    const framer = this.#framer(failed, `${this.#source} (${label})`);
    const whole = (bytes: Uint8Array, start: number, end: number): void => {
      const from = beginning.behind(bytes, start, end);
      if (from < end) store({ bytes, start: from, end, head: beginning.head?.bytes, label });
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
    const beginning = this.#newBeginning();
    const decode = (whole: Uint8Array, start: number, end: number): void => {
      const from = beginning.behind(whole, start, end);
      const head = beginning.head?.bytes;
      if (head) this.#bytes.decoder(head, 0, head.length, onBad);
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

  #newBeginning(): Beginning {
    const { headed, framer, framing } = this.#bytes;
    return new Beginning(framer, headed ? new Head(framer, framing.delimiter) : undefined);
  }

  /** The last record of a connection may lack its delimiter, and in a block something follows it. */
  #delimited(bytes: Uint8Array, start: number, end: number): [Uint8Array, number, number] {
    const { framer, framing } = this.#bytes;
    if (framer.lastBoundary(bytes, start, end) === end) return [bytes, start, end];
    const whole = Buffer.concat([bytes.subarray(start, end), framing.delimiter]);
    return [whole, 0, whole.length];
  }
}

/** What may come before the records of a connection: a byte order mark, and their head. */
class Beginning {
  readonly head: Head | undefined;
  readonly #framer: Framer;
  #isOver = false;

  constructor(framer: Framer, head: Head | undefined) {
    this.#framer = framer;
    this.head = head;
  }

  /** Given all whole records in order, returns where those behind the beginning begin. */
  behind(bytes: Uint8Array, start: number, end: number): number {
    const text = this.#isOver ? start : textStart(this.#framer, bytes, start, end);
    this.#isOver = true;
    return this.head?.behind(bytes, text, end) ?? text;
  }

  /** A record could not be framed: if it was the first, it was the beginning. */
  failed(): void {
    this.#isOver = true;
    this.head?.failed();
  }
}
