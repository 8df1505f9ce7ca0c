import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The tables lie beside the checkout: they belong to the specification. */
export const folder = fileURLToPath(new URL('../../../shared/conformance/', import.meta.url));

export const isThere = existsSync(folder);

/** What these need is built by later issues: windows, state, `transform`, csv. */
const later = [
  'countByValueAndWindow',
  'countByWindow',
  'empty',
  'graphs',
  'groupByKeyAndWindow',
  'halfSecond',
  'large',
  'mapWithState',
  'mapWithStateTimeout',
  'minutes',
  'pipelines',
  'reduceByKeyAndWindow',
  'reduceByKeyAndWindowInverse',
  'reduceByWindow',
  'transform',
  'updateStateByKey',
  'window',
];

export const tables: readonly string[] = !isThere
  ? []
  : readdirSync(folder)
      .filter((file) => file.endsWith('.yaml') && !later.includes(file.replace('.yaml', '')))
      .map((file) => `${folder}${file}`);
