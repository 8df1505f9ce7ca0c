import { StreamjobError } from '../../base/errors.ts';

/** The fields of a record, which is given without its line end. Throws `bad-record`. */
export function fieldsOf(text: string, delimiter: string): string[] {
  return text.includes('"') ? quotedFields(text, delimiter) : text.split(delimiter);
}

function quotedFields(text: string, delimiter: string): string[] {
  const fields: string[] = [];
  let at = 0;
  do {
    const end = text[at] === '"' ? endOfQuoted(text, at) : endOfPlain(text, at, delimiter);
    if (end < text.length && text[end] !== delimiter) {
      throw notCsv(`field ${fields.length + 1} goes on behind its closing quote`);
    }
    fields.push(text[at] === '"' ? text.slice(at + 1, end - 1).replaceAll('""', '"') : text.slice(at, end));
    at = end;
  } while (at++ < text.length);
  return fields;
}

function endOfPlain(text: string, start: number, delimiter: string): number {
  const found = text.indexOf(delimiter, start);
  const end = found < 0 ? text.length : found;
  const quote = text.indexOf('"', start);
  if (quote >= 0 && quote < end) throw notCsv('a quote stands inside a field that is not quoted');
  return end;
}

/** The offset behind the closing quote; a doubled quote is none. */
function endOfQuoted(text: string, start: number): number {
  for (let quote = text.indexOf('"', start + 1); quote >= 0; quote = text.indexOf('"', quote + 2)) {
    if (text[quote + 1] !== '"') return quote + 1;
  }
  throw notCsv('a quote is not closed');
}

export const notCsv = (why: string): StreamjobError =>
  new StreamjobError('bad-record', `A record is not valid CSV: ${why}.`, {
    remedy:
      'Set `delimiter`, `header`, `columns` or `multiline` of the format as the input has them, or give the source an `onError` to go on without such records.',
  });
