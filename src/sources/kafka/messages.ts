import { isUtf8 } from 'node:buffer';
import { StreamjobError } from '../../base/errors.ts';
import { decodeText } from '../../component/delimited.ts';
import type { Decoder, LoadFormat, OnBadRecord } from '../../component/format.ts';
import type { FormatConfig } from '../../component/settings.ts';

const lineFeed = 10;
const carriageReturn = 13;

/** How the values of messages become records. */
export interface ValueFormat {
  /** Decodes values that end in a line feed each, and have no other. */
  readonly lines: Decoder;
  /** Such values, one behind the other, may be decoded together. */
  readonly inLines: boolean;
  /** Empty values may be, too. */
  readonly emptyIsLine: boolean;
  /** Decodes one value, with whatever is in it. Undefined if it went to `onBad`. */
  one(bytes: Buffer, start: number, end: number, onBad: OnBadRecord): { readonly record: unknown } | undefined;
  /** The key of a message. */
  key(bytes: Buffer): unknown;
}

export async function openValueFormat({ name, config }: FormatConfig, loadFormat: LoadFormat): Promise<ValueFormat> {
  if (name === 'binary') return binary;
  const format = await loadFormat(name);
  const lines = format.decoder(config, { delimiter: Buffer.of(lineFeed), maxRecordBytes: Number.POSITIVE_INFINITY });
  const key = (bytes: Buffer): string => decodeText(bytes, 0, bytes.length);
  if (name === 'text') return { lines, inLines: true, emptyIsLine: true, one: decodeOneText, key };
  const inLines = name === 'json' || (name === 'csv' && config.multiline !== true);
  return { lines, inLines, emptyIsLine: false, one: decodeOneWith(lines, name), key };
}

const copyOf = (bytes: Buffer, start: number, end: number): Uint8Array => new Uint8Array(bytes.subarray(start, end));

/** All bytes of a message are a record. */
const binary: ValueFormat = {
  lines: () => [],
  inLines: false,
  emptyIsLine: false,
  one: (bytes, start, end) => ({ record: copyOf(bytes, start, end) }),
  key: (bytes) => copyOf(bytes, 0, bytes.length),
};

const decodeOneText: ValueFormat['one'] = (bytes, start, end, onBad) => {
  const text = decodeText(bytes, start, end);
  if (isUtf8(bytes.subarray(start, end))) return { record: text };
  onBad(
    text,
    badRecord('A message is not valid UTF-8.', 'Read it with `format: binary`, or give the source an `onError`.'),
  );
  return undefined;
};

/** The line ends in a JSON text stand between its parts, and a row of CSV may end in one. */
function decodeOneWith(decode: Decoder, name: string): ValueFormat['one'] {
  return (bytes, start, end, onBad) => {
    if (name === 'json') blankLineFeeds(bytes, start, end);
    const last = name === 'json' ? end : withoutLineEnd(bytes, start, end);
    let bad = 0;
    const records = decode(bytes, start, last, (record, error) => {
      bad++;
      onBad(record, error);
    });
    if (bad === 0 && records.length === 1) return { record: records[0] };
    if (bad === 0) onBad(decodeText(bytes, start, end), notOne(records.length, name));
    return undefined;
  };
}

function blankLineFeeds(bytes: Buffer, start: number, end: number): void {
  for (let at = start; at < end; at++) if (bytes[at] === lineFeed) bytes[at] = 32;
}

function withoutLineEnd(bytes: Buffer, start: number, end: number): number {
  const feed = end > start && bytes[end - 1] === lineFeed ? end - 1 : end;
  return feed > start && bytes[feed - 1] === carriageReturn ? feed - 1 : feed;
}

const notOne = (count: number, format: string): StreamjobError =>
  count === 0
    ? badRecord(
        `A message is empty, which is no ${format}.`,
        'Give the source an `onError` to go on without such messages.',
      )
    : badRecord(
        `A message holds ${count} records of ${format}; each message is one.`,
        'Read it with `format: text` and take it apart in a step.',
      );

const badRecord = (message: string, remedy: string): StreamjobError =>
  new StreamjobError('bad-record', message, { remedy });

/** True of a value without a line feed that is one line when one is put behind it. */
export function isLine(bytes: Buffer, start: number, end: number, { inLines, emptyIsLine }: ValueFormat): boolean {
  if (start === end) return inLines && emptyIsLine;
  return inLines && bytes[end - 1] !== carriageReturn;
}
