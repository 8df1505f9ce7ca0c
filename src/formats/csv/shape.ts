import { counted } from '../../base/counted.ts';
import { notCsv } from './fields.ts';

/** What fields become; or why nothing can be made of them. */
export type Shape =
  | { readonly make: (fields: readonly string[]) => unknown; readonly problem?: undefined }
  | { readonly problem: string };

/** Objects if there are columns, lists if there are none; `wanted` says that there must be some. */
export function shapeOf(columns: readonly string[] | undefined, wanted: boolean): Shape {
  if (!columns) return wanted ? { problem: 'there is no header' } : { make: (fields) => fields };
  const twice = columns.find((name, i) => columns.indexOf(name) < i);
  if (twice !== undefined) return { problem: `two columns are called \`${twice}\`` };
  const make = objectMaker(columns);
  return {
    make(fields) {
      if (fields.length === columns.length) return make(fields);
      throw notCsv(`it has ${counted(fields.length, 'field')}, and there are ${counted(columns.length, 'column')}`);
    },
  };
}

/** Code made for the columns gives all records one form in memory, several times faster than setting field by field. */
function objectMaker(columns: readonly string[]): (fields: readonly string[]) => unknown {
  const fields = columns.map((name, i) => `[${JSON.stringify(name)}]: fields[${i}]`);
  return new Function('fields', `return { ${fields.join(', ')} };`) as (fields: readonly string[]) => unknown;
}
