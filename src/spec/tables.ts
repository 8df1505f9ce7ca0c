import { resolve } from 'node:path';
import { StreamjobError } from '../base/errors.ts';
import { tellable } from '../base/logRecords.ts';
import { catalog } from '../catalog/index.ts';
import { tableShape } from '../component/tableSettings.ts';
import { readTable } from '../component/tables.ts';
import { loadFormats } from '../dstream/formats.ts';
import type { Surroundings } from '../dstream/graph.ts';
import type { Plan, TableReference } from '../plan/plan.ts';
import { checkSettings } from './checkedSettings.ts';
import type { JobContext } from './jobContext.ts';
import { problemAt, type Report } from './problem.ts';
import type { MapEntry, MapTree } from './tree.ts';
import { treeAt } from './tree.ts';

/** The names of a job's tables. Reports those that cannot be a name in a function. */
export function tableNames(root: MapTree, report: Report): readonly string[] {
  const names = [...entriesOf(root)];
  for (const [name, { key }] of names) {
    if (isName(name)) continue;
    const message = `\`${name}\` cannot be a name in a function.`;
    report(problemAt(key, { code: 'bad-value', message, remedy: 'Use letters, digits and _, with no digit first.' }));
  }
  return names.map(([name]) => name);
}

const isName = (name: string): boolean => /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name);

function entriesOf(root: MapTree): Iterable<[string, MapEntry]> {
  const tables = root.entries.get('tables')?.value;
  return tables?.kind === 'map' ? tables.entries : [];
}

/** Reads each table to the end, so that what is wrong with one is known before anything starts; reports it. */
export async function readTables(root: MapTree, job: JobContext): Promise<Pick<Plan, 'tables'>> {
  const entries = [...entriesOf(root)];
  if (entries.length === 0) return {};
  const formats = await loadFormats();
  const tables = entries.map(async ([name, entry]) => [name, await readOne(entry, formats, job)] as const);
  const fine = (await Promise.all(tables)).filter(([, table]) => table !== undefined);
  return { tables: Object.fromEntries(fine) as { [name: string]: TableReference } };
}

async function readOne(
  { key, value }: MapEntry,
  formats: Surroundings['formats'],
  job: JobContext,
): Promise<TableReference | undefined> {
  const settings = checkSettings(tableShape, value, key, job, { edgeOf: () => undefined, formats });
  if (!settings) return undefined;
  const { file, ...more } = settings;
  const table = { path: resolve(job.directory, file), ...more };
  try {
    return { ...table, sha256: (await readTable(table, catalog.formats.load)).sha256 };
  } catch (error) {
    if (!(error instanceof StreamjobError)) throw error;
    const at = treeAt(value, ['file']) ?? key;
    job.report(problemAt(at, { code: error.code, message: tellable(error), remedy: error.remedy }));
    return undefined;
  }
}
