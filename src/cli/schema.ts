import { readFile } from 'node:fs/promises';
import { print } from './output.ts';

/** `streamjob schema`: the JSON Schema of job files, for editors. */
export default async function schema(): Promise<number> {
  await print(await readFile(schemaFile, 'utf8'));
  return 0;
}

/** From `dist/cli` and from `dist/bundle` alike. */
export const schemaFile = new URL('../../schemas/job.schema.json', import.meta.url);
