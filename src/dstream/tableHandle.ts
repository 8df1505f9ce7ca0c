import { StreamjobError } from '../base/errors.ts';
import type { Table } from './types.ts';

/** The names of tables, by what stands for them in the program. */
const names = new WeakMap<object, string>();

/** Stands for a table in scopes: its content is where functions run. */
export function tableHandle<K, V>(name: string): Table<K, V> {
  const use = (): never => {
    throw new StreamjobError('bad-context', `The table ${name} is used where only the program itself runs.`, {
      remedy: 'Use it in a function of a step, with the table in its scope.',
    });
  };
  const handle = new Proxy(new Map<K, V>(), { get: use });
  names.set(handle, name);
  return handle;
}

/** The tables of a scope, by name, and its values. Throws StreamjobError `bad-value` for a table under another name, and for a Map. */
export function tablesIn(scope: object): { readonly tables: readonly string[]; readonly values: object } {
  const tables: string[] = [];
  const values: [string, unknown][] = [];
  for (const [field, value] of Object.entries(scope)) {
    const table = names.get(Object(value));
    if (table === field) tables.push(field);
    else if (table !== undefined) throw otherName(table, field);
    else if (value instanceof Map) throw aMap(field);
    else values.push([field, value]);
  }
  return { tables, values: Object.fromEntries(values) };
}

const otherName = (table: string, field: string): StreamjobError =>
  new StreamjobError('bad-value', `The table ${table} is called ${field} in a scope.`, {
    remedy: `Call it by its own name: { ${table} }.`,
  });

const aMap = (field: string): StreamjobError =>
  new StreamjobError('bad-value', `scope.${field} is a Map, which is no JSON value.`, {
    remedy: `Make it a table: const ${field} = context.table('${field}', map).`,
  });
