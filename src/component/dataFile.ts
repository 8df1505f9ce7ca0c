import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { messageOf, StreamjobError } from '../base/errors.ts';
import type { DataFile } from '../plan/plan.ts';
import { previewValue } from '../plan/preview.ts';
import type { FormatDefinition, LoadFormat } from './format.ts';
import { headMark } from './heads.ts';

/** A file whose records are held in memory, and how messages call it: `the table users.csv`. */
export interface NamedFile extends Omit<DataFile, 'sha256'> {
  readonly called: string;
  /** What makes a file of this kind a good one. */
  readonly wanted: string;
}

export interface DataRecords {
  readonly records: readonly unknown[];
  /** They are the elements of one JSON array. */
  readonly isArray: boolean;
  readonly sha256: string;
}

/**
 * Reads a file to its end: JSON lines or one array, CSV, or whatever its format is; a `.gz` file is decompressed. Throws StreamjobError
 * `file-missing`, and `bad-table` for a record that cannot be decoded.
 */
export async function readDataFile(file: NamedFile, loadFormat: LoadFormat): Promise<DataRecords> {
  const content = await readFile(file.path).catch((cause: unknown) => {
    throw unreadable(file, cause);
  });
  const { name, config } = file.format;
  const plain = contentOf(file, content);
  const array = jsonArray(plain);
  const records = array ?? recordsOf(file, plain, await loadFormat(name), config);
  const sha256 = createHash('sha256').update(content).digest('hex');
  return { records, isArray: array !== undefined, sha256 };
}

function contentOf(file: NamedFile, content: Buffer): Buffer {
  try {
    const plain = file.path.endsWith('.gz') ? gunzipSync(content) : content;
    return plain.subarray(0, 3).equals(byteOrderMark) ? plain.subarray(3) : plain;
  } catch (cause) {
    throw badFile(file, `is damaged: ${messageOf(cause)}`, cause);
  }
}

const byteOrderMark = Buffer.of(0xef, 0xbb, 0xbf);

function recordsOf(file: NamedFile, content: Buffer, format: FormatDefinition, config: unknown): readonly unknown[] {
  const framing = { delimiter: Buffer.from('\n'), maxRecordBytes: content.length };
  const bytes = format.headed?.(config) ? Buffer.concat([headMark, content]) : content;
  return format.decoder(config, framing)(bytes, 0, bytes.length, (record, error) => {
    throw badFile(file, `has the record ${previewValue(record)}: ${error.message.replace(/\.$/, '')}`, error);
  });
}

/** A file that is one JSON array is as good as one of JSON lines. */
function jsonArray(content: Buffer): readonly unknown[] | undefined {
  if (!/^\s*\[/.test(content.toString('latin1', 0, 100))) return undefined;
  try {
    return JSON.parse(content.toString()) as unknown[];
  } catch {
    return undefined;
  }
}

/** What `what` says is wrong with the content of a file. */
export const badFile = ({ called, wanted }: NamedFile, what: string, cause?: unknown): StreamjobError =>
  new StreamjobError('bad-table', `${capital(called)} ${what}.`, { cause, remedy: wanted });

export const changedFile = ({ called }: Pick<NamedFile, 'called'>): StreamjobError =>
  new StreamjobError('input-changed', `${capital(called)} has changed since the job was started.`, {
    remedy: 'Start the job again to use what is in it now.',
  });

const unreadable = ({ called }: NamedFile, cause: unknown): StreamjobError =>
  new StreamjobError('file-missing', `${capital(called)} cannot be read: ${messageOf(cause)}.`, {
    cause,
    remedy: 'The path is relative to the job file.',
  });

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
