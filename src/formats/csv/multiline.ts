import { decodeText } from '../../component/delimited.ts';
import type { Framer } from '../../component/format.ts';
import { notCsv } from './fields.ts';

const quote = 34;
const lineFeed = 10;

/** Boundaries are the line ends that no quotes are around. `start` must be where a record begins. */
export function multilineFramer(delimiter: string): Framer {
  const separator = delimiter.charCodeAt(0);
  const scan = (bytes: Uint8Array, start: number, end: number, after: number): Scan =>
    scanRecords(bytes, { start, end, after, separator });
  return {
    firstBoundary: (bytes, start, end, after = start) => scan(bytes, start, end, after).boundary,
    lastBoundary: (bytes, start, end) => scan(bytes, start, end, end).last,
    unfinished(rest) {
      if (!scan(rest, 0, rest.length, rest.length).quoted) return undefined;
      return { record: decodeText(rest, 0, rest.length), error: notCsv('a quote is not closed') };
    },
  };
}

interface Scan {
  /** The first boundary beyond `after`, or -1. */
  readonly boundary: number;
  /** The last boundary before it, or `start`. */
  readonly last: number;
  /** The bytes end within quotes. */
  readonly quoted: boolean;
}

/** A quote opens a field only at its beginning: anywhere else it is a mistake of this record alone. */
function scanRecords(
  bytes: Uint8Array,
  { start, end, after, separator }: { start: number; end: number; after: number; separator: number },
): Scan {
  let last = start;
  let quoted = false;
  let fieldBegins = true;
  for (let i = start; i < end; i++) {
    const byte = bytes[i];
    if (quoted) {
      if (byte !== quote) continue;
      if (bytes[i + 1] === quote && i + 1 < end) i++;
      else quoted = false;
    } else if (byte === lineFeed) {
      if (i >= after) return { boundary: i + 1, last, quoted };
      last = i + 1;
      fieldBegins = true;
    } else {
      quoted = byte === quote && fieldBegins;
      fieldBegins = byte === separator;
    }
  }
  return { boundary: -1, last, quoted };
}
