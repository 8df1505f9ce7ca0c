import { StreamjobError } from '../../base/errors.ts';
import type { ConfigProblem } from '../../component/checkContext.ts';
import { jsonText } from '../../component/text.ts';
import { isPlainObject } from '../../plan/value.ts';
import type { Lines } from './lines.ts';
import type { CsvConfig, FilesConfig } from './names.ts';

/** A delimiter that no reader could tell from what it separates. */
export function delimiterProblems({ format }: FilesConfig): readonly ConfigProblem[] {
  const { delimiter = ',' } = typeof format === 'string' ? {} : format.csv;
  if (/^[^"\r\n]+$/.test(delimiter)) return [];
  const message = `The delimiter of the CSV is ${JSON.stringify(delimiter)}, and fields could not be told apart.`;
  return [{ setting: 'format', message, remedy: 'Write a character such as `;` or `"\\t"`, no quote or line end.' }];
}

/**
 * Lines of comma-separated values (RFC 4180, but LF ends a line). A list gives its elements, an object its fields by the
 * columns, any other record is a field by itself.
 */
export function csvLines({ columns, header = true, delimiter = ',' }: Partial<CsvConfig>): Lines {
  const mustQuote = new RegExp(`["\\r\\n${escaped(delimiter)}]|^\\s|\\s$|^$`);
  const quoted = (text: string): string => (mustQuote.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const lineOf = (fields: readonly unknown[]): string =>
    fields.map((field) => (field === null || field === undefined ? '' : quoted(textOf(field)))).join(delimiter);
  return {
    lineOf: (record) => lineOf(fieldsOf(record, columns)),
    head: columns && header ? `${lineOf(columns)}\n` : '',
  };
}

const escaped = (delimiter: string): string => delimiter.replace(/[\\\]^-]/g, '\\$&');

function fieldsOf(record: unknown, columns: readonly string[] | undefined): readonly unknown[] {
  if (typeof record === 'object' && record !== null && isPlainObject(record)) {
    if (!columns) throw noColumns(record);
    return columns.map((column) => (Object.hasOwn(record, column) ? record[column] : undefined));
  }
  const fields = Array.isArray(record) ? record : [record];
  if (columns && fields.length !== columns.length) throw otherColumns(fields, columns);
  return fields;
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return String(value);
  const json = jsonText(value);
  return json.startsWith('"') ? (JSON.parse(json) as string) : json;
}

function noColumns(record: object): StreamjobError {
  const columns = Object.keys(record).join(', ');
  return new StreamjobError('bad-value', 'A record is an object, and csv does not know which of its fields to write.', {
    remedy: `Name them: \`format: { csv: { columns: [${columns}] } }\`.`,
  });
}

const otherColumns = (fields: readonly unknown[], columns: readonly string[]): StreamjobError =>
  new StreamjobError('bad-value', `A record has ${fields.length} fields, and the csv file ${columns.length} columns.`, {
    remedy: `Give lists of ${columns.length} values (${columns.join(', ')}), or objects.`,
    record: jsonText(fields),
  });
