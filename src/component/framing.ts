import { formatByteSize } from '../base/byteSize.ts';
import { StreamjobError } from '../base/errors.ts';
import { decodeText, maxDelimiterBytes } from './delimited.ts';
import type { Framer, OnBadRecord } from './format.ts';
import { ofInput } from './source.ts';

/** Gets one or more whole records; the bytes are only valid during the call. */
export type EmitRecords = (bytes: Uint8Array, start: number, end: number) => void;

const firstTailBytes = 4096;
const shownBytes = 1000;

/**
 * Cuts a stream of bytes, given in pieces of any size, into whole records. What comes between two boundaries is handed
 * on where it lies; only a record that spans pieces is copied, once. A record longer than `maxRecordBytes`, with its
 * delimiter, goes to `onBad` by its first thousand bytes, and memory stays bounded meanwhile.
 */
export class ChannelFramer {
  readonly #framer: Framer;
  readonly #limit: number;
  readonly #onBad: OnBadRecord;
  readonly #of: string;
  /** The beginning of a record: no boundary lies in it. */
  #tail = new Uint8Array(0);
  #length = 0;
  /** Of a record that is too long: its first bytes as text, and how many bytes of it are gone. */
  #shown = '';
  #dropped = 0;

  /** `of` names the source, or the file, in errors. */
  constructor(framer: Framer, maxRecordBytes: number, onBad: OnBadRecord, of = 'the source') {
    this.#framer = framer;
    this.#limit = maxRecordBytes;
    this.#onBad = onBad;
    this.#of = of;
  }

  push(bytes: Uint8Array, emit: EmitRecords, start = 0, end = bytes.length): void {
    const afterTail = this.#length === 0 ? start : this.#completeTail(bytes, start, end, emit);
    if (afterTail === end) return;
    const afterWhole = this.#emitWhole(bytes, afterTail, end, emit);
    this.#append(bytes, afterWhole, end);
    this.#dropIfTooLong();
  }

  /** There are no more bytes: what is left is the last record. */
  end(emit: EmitRecords): void {
    const bad = this.#dropped > 0 ? undefined : this.#framer.unfinished?.(this.#tail.subarray(0, this.#length));
    if (bad) this.#onBad(bad.record, ofInput(bad.error, this.#of));
    else if (this.#length > 0) this.#finishTail(this.#length, emit);
  }

  /** Returns the offset in `bytes` behind the record that the tail begins, or `end` if it goes on. */
  #completeTail(bytes: Uint8Array, start: number, end: number, emit: EmitRecords): number {
    for (let at = start, step = firstTailBytes; at < end; at += step, step *= 2) {
      const before = this.#length;
      this.#append(bytes, at, Math.min(at + step, end));
      const boundary = this.#framer.firstBoundary(this.#tail, 0, this.#length, before);
      if (boundary >= 0) {
        this.#finishTail(boundary, emit);
        return at + boundary - before;
      }
      this.#dropIfTooLong();
    }
    return end;
  }

  #finishTail(length: number, emit: EmitRecords): void {
    const size = this.#dropped + length;
    if (size > this.#limit) this.#reject(this.#shown || firstText(this.#tail, 0, length), size);
    else emit(this.#tail, 0, length);
    this.#length = 0;
    this.#dropped = 0;
    this.#shown = '';
  }

  #emitWhole(bytes: Uint8Array, start: number, end: number, emit: EmitRecords): number {
    const last = this.#framer.lastBoundary(bytes, start, end);
    if (last - start > this.#limit) this.#emitChecked(bytes, start, last, emit);
    else if (last > start) emit(bytes, start, last);
    return last;
  }

  /** Records in a window of the limit's size are within the limit; one that fills more than a window is not. */
  #emitChecked(bytes: Uint8Array, start: number, last: number, emit: EmitRecords): void {
    for (let at = start; at < last; ) {
      const window = Math.min(at + this.#limit, last);
      const cut = this.#framer.lastBoundary(bytes, at, window);
      const next = cut > at ? cut : this.#framer.firstBoundary(bytes, at, last, window);
      if (cut > at) emit(bytes, at, cut);
      else this.#reject(firstText(bytes, at, next), next - at);
      at = next;
    }
  }

  #append(bytes: Uint8Array, start: number, end: number): void {
    const length = this.#length + end - start;
    if (length > this.#tail.length) {
      const larger = new Uint8Array(Math.max(length, 2 * this.#tail.length, firstTailBytes));
      larger.set(this.#tail.subarray(0, this.#length));
      this.#tail = larger;
    }
    this.#tail.set(bytes.subarray(start, end), this.#length);
    this.#length = length;
  }

  /** Keeps as much as a delimiter may have begun in. */
  #dropIfTooLong(): void {
    const keep = this.#dropped > 0 ? maxDelimiterBytes : Math.max(this.#limit, shownBytes);
    if (this.#length <= keep) return;
    this.#shown ||= firstText(this.#tail, 0, this.#length);
    const drop = this.#length - maxDelimiterBytes;
    this.#tail.copyWithin(0, drop, this.#length);
    this.#length = maxDelimiterBytes;
    this.#dropped += drop;
  }

  #reject(text: string, size: number): void {
    const message = `A record of ${this.#of} is ${formatByteSize(size)} long; the limit is ${formatByteSize(this.#limit)}.`;
    const remedy =
      'Raise the source’s `maxRecordBytes`, check its `delimiter`, or give it an `onError` to go on without such records.';
    this.#onBad(text, new StreamjobError('bad-record', message, { remedy }));
  }
}

const firstText = (bytes: Uint8Array, start: number, end: number): string =>
  decodeText(bytes, start, Math.min(end, start + shownBytes)).replace(/\r?\n$/, '');
