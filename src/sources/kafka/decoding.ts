import { isUtf8 } from 'node:buffer';
import { decodeText } from '../../component/delimited.ts';
import type { OnBadRecord } from '../../component/format.ts';
import { ofInput, type SplitOutput } from '../../component/source.ts';
import { nameOf } from '../../kafka/client.ts';
import type { RecordBatch } from '../../kafka/records/batch.ts';
import { Cursor } from '../../kafka/records/cursor.ts';
import { isLine, type ValueFormat } from './messages.ts';
import type { OffsetRange } from './types.ts';

/** A batch whose records have been decompressed, and what is wanted of it. */
export interface Decoding {
  readonly batch: RecordBatch;
  /** The records; they are overwritten. */
  readonly bytes: Buffer;
  readonly range: OffsetRange;
  readonly format: ValueFormat;
  readonly out: Pick<SplitOutput, 'records' | 'bad'>;
}

const lineFeed = 10;

/**
 * The values of a batch. They are moved together in the bytes that they came in, a line feed behind each (there is room: each has
 * more than one byte of metadata before it), and decoded at once. A value with line ends of its own is decoded for itself.
 */
export function decodeValues({ batch, bytes, range, format, out }: Decoding): void {
  const cursor = new Cursor(bytes);
  const onBad: OnBadRecord = (record, error) => out.bad(record, ofInput(error, placeOf(range, batch)));
  let start = 0;
  let end = 0;
  /** The first line feed from the value on: there may be none for a long way, and looking for it is a call. */
  let feed = -1;
  const flush = (): void => {
    if (end > start) out.records(format.lines(bytes, start, end, onBad));
    start = end;
  };
  for (let i = 0; i < batch.count; i++) {
    const next = cursor.varint() + cursor.at;
    cursor.at++;
    cursor.skip();
    const offset = batch.baseOffset + cursor.varint();
    const keyLength = cursor.varint();
    if (keyLength > 0) cursor.at += keyLength;
    const length = cursor.varint();
    const value = cursor.at;
    cursor.at = next;
    if (offset < range.from || offset >= range.until) continue;
    if (feed < value) feed = lineFeedFrom(bytes, value);
    if (length >= 0 && feed >= value + length && isLine(bytes, value, value + length, format)) {
      move(bytes, end, value, length);
      end += length + 1;
      bytes[end - 1] = lineFeed;
      continue;
    }
    flush();
    const one = length < 0 ? { record: null } : format.one(bytes, value, value + length, onBad);
    if (one) out.records([one.record]);
  }
  flush();
}

function lineFeedFrom(bytes: Buffer, start: number): number {
  const found = bytes.indexOf(lineFeed, start);
  return found < 0 ? bytes.length : found;
}

/** A call costs as much as moving some dozens of bytes. */
function move(bytes: Buffer, to: number, from: number, length: number): void {
  if (length > 48) bytes.copyWithin(to, from, from + length);
  else for (let i = 0; i < length; i++) bytes[to + i] = bytes[from + i]!;
}

/** All of each message. One whose value cannot be decoded is left out. */
export function decodeMessages({ batch, bytes, range, format, out }: Decoding): void {
  const cursor = new Cursor(bytes);
  const records: unknown[] = [];
  for (let i = 0; i < batch.count; i++) {
    const next = cursor.varint() + cursor.at;
    cursor.at++;
    const timestamp = batch.appendTime ?? batch.baseTimestamp;
    const delta = cursor.varlong();
    const offset = batch.baseOffset + cursor.varint();
    if (offset >= range.from && offset < range.until) {
      const { topic, partition } = range;
      const key = cursor.nullable();
      const value = decodedValue(cursor, format, (record, error) =>
        out.bad(record, ofInput(error, `${nameOf(range)} at offset ${offset}`)),
      );
      const headers = headersOf(cursor);
      const time = batch.appendTime === undefined ? timestamp + delta : timestamp;
      if (value)
        records.push({
          key: key && format.key(key),
          value: value.record,
          headers,
          topic,
          partition,
          offset,
          timestamp: time,
        });
    }
    cursor.at = next;
  }
  if (records.length > 0) out.records(records);
}

function decodedValue(
  cursor: Cursor,
  format: ValueFormat,
  onBad: OnBadRecord,
): { readonly record: unknown } | undefined {
  const length = cursor.varint();
  if (length < 0) return { record: null };
  cursor.at += length;
  return format.one(cursor.bytes, cursor.at - length, cursor.at, onBad);
}

/** Texts by name; of one that occurs several times, the list of them. What is not UTF-8 stays bytes. */
function headersOf(cursor: Cursor): Record<string, unknown> {
  const headers = new Map<string, unknown>();
  for (let left = cursor.varint(); left > 0; left--) {
    const name = cursor.nullable()?.toString() ?? '';
    const value = headerValue(cursor.nullable());
    const before = headers.get(name);
    if (!headers.has(name)) headers.set(name, value);
    else headers.set(name, Array.isArray(before) ? [...before, value] : [before, value]);
  }
  return Object.fromEntries(headers);
}

function headerValue(bytes: Buffer | null): unknown {
  if (bytes === null) return null;
  return isUtf8(bytes) ? decodeText(bytes, 0, bytes.length) : new Uint8Array(bytes);
}

const placeOf = (range: OffsetRange, { baseOffset, lastOffset }: RecordBatch): string =>
  `${nameOf(range)}, offsets ${baseOffset} to ${lastOffset}`;
