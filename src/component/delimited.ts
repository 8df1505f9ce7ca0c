import { isAscii, isUtf8 } from 'node:buffer';
import { StreamjobError } from '../base/errors.ts';
import type { Framer, FramingOptions, OnBadRecord } from './format.ts';
import { s } from './settings.ts';

/** A framer keeps so many bytes of a record that it gives up, so that it still sees a delimiter that has begun in them. */
export const maxDelimiterBytes = 64;

/** The settings of every source that gives bytes. */
export const framingSettings = {
  format: s.format({ default: 'text', description: 'How bytes become records: `text`, `json`, `csv` or `binary`.' }),
  delimiter: s.string({
    default: '\n',
    advanced: true,
    description: 'What ends a record. With the default a line may end in CRLF, too.',
  }),
  maxRecordBytes: s.size({
    default: '1MB',
    minimum: 1,
    advanced: true,
    description: 'A record longer than this is an error, and the stream goes on behind its delimiter.',
  }),
};

/** The framing part of a source's config. Throws `bad-value` for a delimiter that is empty or longer than 64 bytes. */
export function framingOptions(config: {
  readonly delimiter: string;
  readonly maxRecordBytes: number;
}): FramingOptions {
  const delimiter = Buffer.from(config.delimiter);
  if (delimiter.length === 0 || delimiter.length > maxDelimiterBytes) {
    const came = delimiter.length === 0 ? 'empty' : `${delimiter.length} bytes long`;
    throw new StreamjobError('bad-value', `The delimiter is ${came}; it must have 1 to ${maxDelimiterBytes} bytes.`, {
      remedy: 'Write for instance `delimiter: "\\n"`.',
    });
  }
  return { delimiter, maxRecordBytes: config.maxRecordBytes };
}

/** Boundaries of records that end at a delimiter; where delimiters could overlap, the leftmost counts. */
export function delimiterFramer(delimiter: Uint8Array): Framer {
  const needle = Buffer.from(delimiter);
  const firstBoundary = (bytes: Uint8Array, start: number, end: number, after = start): number => {
    const from = Math.max(start, after - needle.length + 1);
    const found = view(bytes, from, end).indexOf(needle);
    return found < 0 ? -1 : from + found + needle.length;
  };
  const lastFromBack = (bytes: Uint8Array, start: number, end: number): number => {
    const found = view(bytes, start, end).lastIndexOf(needle);
    return found < 0 ? start : start + found + needle.length;
  };
  const lastFromFront = (bytes: Uint8Array, start: number, end: number): number => {
    let last = start;
    for (let next = last; next >= 0; next = firstBoundary(bytes, last, end)) last = next;
    return last;
  };
  return { firstBoundary, lastBoundary: overlapsItself(delimiter) ? lastFromFront : lastFromBack };
}

/** True of delimiters such as `||` or `aba`: in a run of them, a reader who starts in the middle cannot tell the cuts. */
export function overlapsItself(delimiter: Uint8Array): boolean {
  const text = Buffer.from(delimiter).toString('latin1');
  return Array.from(text).some((_, i) => i > 0 && text.startsWith(text.slice(i)));
}

/**
 * The text of UTF-8 bytes; invalid bytes become U+FFFD. Plain ASCII, the common case, is decoded at memory speed and
 * gives strings of one byte a character.
 */
export function decodeText(bytes: Uint8Array, start: number, end: number): string {
  const part = view(bytes, start, end);
  return part.toString(isAscii(part) ? 'latin1' : 'utf8');
}

/** The texts of the records in some bytes; those that are not UTF-8 go to `onBad`. */
export type TextDecoding = (bytes: Uint8Array, start: number, end: number, onBad: OnBadRecord) => string[];

/** For records that end at a delimiter. */
export function decodeDelimited(delimiter: Uint8Array): TextDecoding {
  const text = Buffer.from(delimiter).toString();
  const framer = delimiterFramer(delimiter);
  return (bytes, start, end, onBad) => splitText(decodeRecords(bytes, start, end, framer, onBad), text);
}

/** The text of whole records, without those that are not UTF-8, which go to `onBad`. */
export function decodeRecords(
  bytes: Uint8Array,
  start: number,
  end: number,
  framer: Framer,
  onBad: OnBadRecord,
): string {
  const part = view(bytes, start, end);
  return isAscii(part) ? part.toString('latin1') : onlyUtf8(part, framer, onBad).toString();
}

/** The same bytes if all of it is UTF-8, otherwise a copy without the records that are not; they go to `onBad`. */
export function onlyUtf8(part: Buffer, framer: Framer, onBad: OnBadRecord): Buffer {
  if (isUtf8(part)) return part;
  const kept: Buffer[] = [];
  for (let at = 0; at < part.length; ) {
    const boundary = framer.firstBoundary(part, at, part.length);
    const record = part.subarray(at, boundary < 0 ? part.length : boundary);
    if (isUtf8(record)) kept.push(record);
    else onBad(record.toString().replace(/\r?\n$/, ''), notUtf8());
    at += record.length;
  }
  return Buffer.concat(kept);
}

const notUtf8 = (): StreamjobError =>
  new StreamjobError('bad-record', 'A record is not valid UTF-8.', {
    remedy: 'Convert the input to UTF-8 (iconv does), or give the source an `onError` to go on without such records.',
  });

/** The texts between delimiters; what is behind the last delimiter is a text only if it is not empty. */
export function splitText(text: string, delimiter: string): string[] {
  const texts = text.split(delimiter);
  const rest = texts.pop();
  if (delimiter === '\n' && text.includes('\r\n')) stripCarriageReturns(texts);
  if (rest) texts.push(rest);
  return texts;
}

function stripCarriageReturns(lines: string[]): void {
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i] as string;
    if (line.charCodeAt(line.length - 1) === 13) lines[i] = line.slice(0, -1);
  }
}

/** Where the text of an input begins: behind a UTF-8 byte order mark, with which some editors begin one. */
export function textStart({ recordLength }: Framer, bytes: Uint8Array, start: number, end: number): number {
  const isMarked = end - start >= 3 && bytes[start] === 0xef && bytes[start + 1] === 0xbb && bytes[start + 2] === 0xbf;
  return isMarked && recordLength === undefined ? start + 3 : start;
}

/** `Buffer` reads shared memory, which `TextDecoder` refuses. */
export const view = (bytes: Uint8Array, start: number, end: number): Buffer =>
  Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start);
