import { fromLiteral } from '../plan/literal.ts';
import type { Plan, TableReference } from '../plan/plan.ts';
import { previewValue } from '../plan/preview.ts';
import { deepFreeze } from '../plan/value.ts';
import { badFile, changedFile, type NamedFile, readDataFile } from './dataFile.ts';
import type { LoadFormat } from './format.ts';

export type Tables = { readonly [name: string]: ReadonlyMap<unknown, unknown> };

/**
 * The tables of a plan, for the functions of one thread. Throws StreamjobError `input-changed` if a file is not what it was when the
 * job was checked, so that all threads have the same; otherwise as `readTable`.
 */
export async function loadTables(
  { tables = {}, maps = {} }: Pick<Plan, 'tables' | 'maps'>,
  loadFormat: LoadFormat,
): Promise<Tables> {
  const loaded = Object.entries(tables).map(async ([name, reference]) => {
    const { table, sha256 } = await readTable(reference, loadFormat);
    if (sha256 !== reference.sha256) throw changedFile({ called: `the table ${name}, ${reference.path},` });
    return [name, table] as const;
  });
  const given = Object.entries(maps).map(([name, pairs]) => {
    const records = pairs.map(([key, value]) => [fromLiteral(key), deepFreeze(fromLiteral(value))] as const);
    return [name, new Table(new Map(records))] as const;
  });
  return Object.fromEntries([...(await Promise.all(loaded)), ...given]);
}

/**
 * Reads a table: its records, frozen, by their key. Throws StreamjobError `file-missing`, and `bad-table` for a record that cannot
 * be decoded, has no key, or has the key of another.
 */
export async function readTable(
  { path, format, key }: Omit<TableReference, 'sha256'>,
  loadFormat: LoadFormat,
): Promise<{ readonly table: ReadonlyMap<unknown, unknown>; readonly sha256: string }> {
  const file = { ...namedTable(path), format };
  const { records, sha256 } = await readDataFile(file, loadFormat);
  return { table: tableOf(records, key, file), sha256 };
}

const namedTable = (path: string): { path: string; called: string; wanted: string } => ({
  path,
  called: `the table ${path}`,
  wanted: 'A table needs one record for each key; see its `format` and `key`.',
});

function tableOf(records: readonly unknown[], key: string, file: NamedFile): ReadonlyMap<unknown, unknown> {
  const byKey = new Map<unknown, unknown>();
  for (const [index, record] of records.entries()) {
    const found = keyOf(record, key);
    if (found === undefined) throw badFile(file, `has no \`${key}\` in record ${index + 1}, ${previewValue(record)}`);
    if (byKey.has(found)) throw badFile(file, `has two records with the \`${key}\` ${previewValue(found)}`);
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
