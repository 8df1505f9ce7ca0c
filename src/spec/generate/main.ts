import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { catalogueText } from './catalogue.ts';
import { loadComponents } from './components.ts';
import { jobSchema } from './jobSchema.ts';
import { referenceText } from './reference.ts';

/** Writes what is generated from the component files; with --check it only says which files differ, and exits with 1. */
async function main(check: boolean): Promise<void> {
  const root = fileURLToPath(new URL('../../..', import.meta.url));
  const stale = [];
  for (const [file, text] of Object.entries(await generate(root))) {
    if ((await readFile(join(root, file), 'utf8').catch(() => undefined)) === text) continue;
    stale.push(file);
    if (!check) await write(join(root, file), text);
  }
  for (const file of stale) console.log(check ? `${file} is not up to date` : `${file} written`);
  if (!check || stale.length === 0) return;
  console.log('Run `npm run generate` and commit what it writes.');
  process.exitCode = 1;
}

/** The generated files by their path from the root. */
async function generate(root: string): Promise<Record<string, string>> {
  const components = await loadComponents(root);
  return {
    'src/catalog/generated/components.ts': catalogueText(components),
    'schemas/job.schema.json': `${JSON.stringify(jobSchema(components), undefined, 2)}\n`,
    'schemas/reference.md': referenceText(components),
  };
}

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}

await main(process.argv.includes('--check'));
