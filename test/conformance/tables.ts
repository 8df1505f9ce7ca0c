import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The tables lie beside the checkout: they belong to the specification. */
export const folder = fileURLToPath(new URL('../../../shared/conformance/', import.meta.url));

export const isThere = existsSync(folder);

export const tables: readonly string[] = !isThere
  ? []
  : readdirSync(folder)
      .filter((file) => file.endsWith('.yaml'))
      .map((file) => `${folder}${file}`);
