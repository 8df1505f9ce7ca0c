import { StreamjobError } from '../base/errors.ts';
import { catalog } from '../catalog/index.ts';
import type { Static } from '../component/settings.ts';
import { tableShape } from '../component/tableSettings.ts';
import { readTable } from '../component/tables.ts';
import type { FunctionReference } from '../function/reference.ts';
import { toLiteral } from '../plan/literal.ts';
import { type Origin, type Plan, stepName, type TableReference } from '../plan/plan.ts';
import { previewValue } from '../plan/preview.ts';
import { ApiConfig } from './apiConfig.ts';
import { loadFormats } from './formats.ts';
import { tableHandle } from './tableHandle.ts';
import type { Table, TableFile } from './types.ts';

type Pairs = NonNullable<Plan['maps']>[string];

/** The tables of a context, by name. */
export class ContextTables {
  readonly #files = new Map<string, ApiConfig>();
  readonly #maps = new Map<string, Pairs>();

  /** Throws StreamjobError `duplicate-name`, `bad-value`, and `not-a-value` for what a Map holds. */
  add<K, V>(name: string, content: ReadonlyMap<K, V> | TableFile): Table<K, V> {
    this.#requireNew(name);
    if (content instanceof Map) this.#maps.set(name, pairsOf(name, content));
    else this.#files.set(name, new ApiConfig({ name: `the table ${name}`, component: 'table' }, content));
    return tableHandle(name);
  }

  #requireNew(name: string): void {
    if (!/^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name)) {
      const remedy = 'Use letters, digits and _, with no digit first.';
      throw new StreamjobError('bad-value', `${JSON.stringify(name)} cannot be the name of a table.`, { remedy });
    }
    if (this.#has(name))
      throw new StreamjobError('duplicate-name', `Two tables are called ${name}.`, { remedy: 'Rename one.' });
  }

  #has(name: string): boolean {
    return this.#files.has(name) || this.#maps.has(name);
  }

  /** Throws StreamjobError `bad-context` if functions of a step use a table of another context. */
  requireOwn(step: Origin, functions: readonly FunctionReference[]): void {
    const foreign = functions.flatMap(({ tables = [] }) => tables).find((name) => !this.#has(name));
    if (foreign === undefined) return;
    const message = `${stepName(step)} uses the table ${foreign}, which is not of this context.`;
    throw new StreamjobError('bad-context', message, { remedy: 'Make it with the method table of this context.' });
  }

  /**
   * Reads each file to the end, so that what is wrong with one is known before anything starts. Throws StreamjobError for settings that
   * are wrong, `file-missing` and `bad-table`.
   */
  async read(): Promise<Pick<Plan, 'tables' | 'maps'>> {
    const files = [...this.#files].map(async ([name, config]) => [name, await referenceOf(config)] as const);
    return {
      ...(files.length > 0 && { tables: Object.fromEntries(await Promise.all(files)) }),
      ...(this.#maps.size > 0 && { maps: Object.fromEntries(this.#maps) }),
    };
  }
}

function pairsOf(name: string, map: ReadonlyMap<unknown, unknown>): Pairs {
  return [...map].map(([key, value]) => {
    if (typeof key !== 'object' || key === null) return [toLiteral(key), toLiteral(value)];
    const message = `The table ${name} has the key ${previewValue(key)}, which no function could find.`;
    throw new StreamjobError('bad-value', message, { remedy: 'Use texts or numbers as keys.' });
  });
}

async function referenceOf(settings: ApiConfig): Promise<TableReference> {
  const surroundings = { edgeOf: () => undefined, formats: await loadFormats() };
  const { config } = settings.check({ config: tableShape }, surroundings)!;
  const { file, ...more } = config as Static<typeof tableShape>;
  const table = { path: file, ...more };
  return { ...table, sha256: (await readTable(table, catalog.formats.load)).sha256 };
}
