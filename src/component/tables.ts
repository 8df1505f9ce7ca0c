import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { messageOf, StreamjobError } from '../base/errors.ts';
import type { Plan, TableReference } from '../plan/plan.ts';
import { previewValue } from '../plan/preview.ts';
import { deepFreeze } from '../plan/value.ts';
import type { FormatDefinition, LoadFormat } from './format.ts';
import { headMark } from './heads.ts';

export type Tables = { readonly [name: string]: ReadonlyMap<unknown, unknown> };

/**
 * The tables of a plan, for the functions of one thread. Throws StreamjobError `input-changed` if a file is not what it was when the
 * job was checked, so that all threads have the same; otherwise as `readTable`.
 */
export async function loadTables({ tables = {} }: Pick<Plan, 'tables'>, loadFormat: LoadFormat): Promise<Tables> {
  const loaded = Object.entries(tables).map(async ([name, reference]) => {
    const { table, sha256 } = await readTable(reference, loadFormat);
    if (sha256 !== reference.sha256) throw changed(name, reference.path);
    return [name, table] as const;
  });
  return Object.fromEntries(await Promise.all(loaded));
}

/**
 * Reads a table: its records, frozen, by their key. Throws StreamjobError `file-missing`, and `bad-table` for a record that cannot
 * be decoded, has no key, or has the key of another.
 */
export async function readTable(
  { path, format, key }: Omit<TableReference, 'sha256'>,
  loadFormat: LoadFormat,
): Promise<{ readonly table: ReadonlyMap<unknown, unknown>; readonly sha256: string }> {
  const content = await readFile(path).catch((cause: unknown) => {
    throw unreadable(path, cause);
  });
  const records = recordsOf(path, contentOf(path, content), await loadFormat(format.name), format.config);
  const sha256 = createHash('sha256').update(content).digest('hex');
  return { table: tableOf(records, key, path), sha256 };
}

function contentOf(path: string, content: Buffer): Buffer {
  try {
    const plain = path.endsWith('.gz') ? gunzipSync(content) : content;
    return plain.subarray(0, 3).equals(byteOrderMark) ? plain.subarray(3) : plain;
  } catch (cause) {
    throw badTable(path, `is damaged: ${messageOf(cause)}`, cause);
  }
}

const byteOrderMark = Buffer.of(0xef, 0xbb, 0xbf);

function recordsOf(path: string, content: Buffer, format: FormatDefinition, config: unknown): readonly unknown[] {
  const framing = { delimiter: Buffer.from('\n'), maxRecordBytes: content.length };
  const bytes = format.headed?.(config) ? Buffer.concat([headMark, content]) : content;
  const array = jsonArray(content);
  if (array) return array;
  return format.decoder(config, framing)(bytes, 0, bytes.length, (record, error) => {
    throw badTable(path, `has the record ${previewValue(record)}: ${error.message.replace(/\.$/, '')}`, error);
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

function tableOf(records: readonly unknown[], key: string, path: string): ReadonlyMap<unknown, unknown> {
  const byKey = new Map<unknown, unknown>();
  for (const [index, record] of records.entries()) {
    const found = keyOf(record, key);
    if (found === undefined) throw badTable(path, `has no \`${key}\` in record ${index + 1}, ${previewValue(record)}`);
    if (byKey.has(found)) throw badTable(path, `has two records with the \`${key}\` ${previewValue(found)}`);
    byKey.set(found, deepFreeze(record));
  }
  return new Table(byKey);
}

/** Keys that are objects would never be found. */
function keyOf(record: unknown, key: string): unknown {
  if (typeof record !== 'object' || record === null || !Object.hasOwn(record, key)) return undefined;
  const value = (record as { readonly [name: string]: unknown })[key];
  return typeof value === 'object' ? undefined : value;
}

/** A Map that refuses to be changed. */
class Table extends Map<unknown, unknown> {
  constructor(content: ReadonlyMap<unknown, unknown>) {
    super();
    for (const [key, value] of content) super.set(key, value);
  }

  override set(): never {
    throw new TypeError('A table cannot be changed.');
  }

  override delete(): never {
    return this.set();
  }

  override clear(): never {
    return this.set();
  }
}

const badTable = (path: string, what: string, cause?: unknown): StreamjobError =>
  new StreamjobError('bad-table', `The table ${path} ${what}.`, {
    cause,
    remedy: 'A table needs one record for each key; see its `format` and `key`.',
  });

const unreadable = (path: string, cause: unknown): StreamjobError =>
  new StreamjobError('file-missing', `The table ${path} cannot be read: ${messageOf(cause)}.`, {
    cause,
    remedy: 'The path of a table is relative to the job file.',
  });

const changed = (name: string, path: string): StreamjobError =>
  new StreamjobError('input-changed', `The table ${name}, ${path}, has changed since the job was started.`, {
    remedy: 'Start the job again to use what is in it now.',
  });
