import { decodeDelimited, decodeText, onlyUtf8 } from '../../component/delimited.ts';
import type { Framer, OnBadRecord } from '../../component/format.ts';

/** Gives the texts of whole records, without their line ends; those that are not UTF-8 go to `onBad`. */
export function textsOf(
  multiline: boolean,
  framer: Framer,
  delimiter: Uint8Array,
): (part: Buffer, onBad: OnBadRecord) => string[] {
  const decode = decodeDelimited(delimiter);
  return (part, onBad) => {
    if (!multiline || !part.includes('"')) return decode(part, 0, part.length, onBad);
    return cut(onlyUtf8(part, framer, onBad), framer);
  };
}

function cut(part: Buffer, framer: Framer): string[] {
  const texts: string[] = [];
  for (let at = 0; at < part.length; ) {
    const boundary = framer.firstBoundary(part, at, part.length);
    const end = boundary < 0 ? part.length : boundary;
    texts.push(decodeText(part, at, end).replace(/\r?\n$/, ''));
    at = end;
  }
  return texts;
}
