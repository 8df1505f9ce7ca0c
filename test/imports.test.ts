import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const src = fileURLToPath(new URL('../src', import.meta.url));

/** Who may be imported by a folder, as DESIGN.md (section 5) says; what these may import comes along. */
const below: Record<string, readonly string[]> = {
  base: [],
  function: ['base'],
  plan: ['function'],
  component: ['plan'],
  kafka: ['component'],
  operators: ['component'],
  formats: ['component'],
  sources: ['component', 'kafka'],
  sinks: ['component', 'kafka'],
  catalog: ['operators', 'formats', 'sources', 'sinks'],
  dstream: ['catalog'],
  spec: ['dstream'],
  engine: ['plan', 'component'],
  checkpoint: ['engine'],
  observe: ['engine'],
  run: ['checkpoint', 'observe'],
  local: ['engine', 'catalog'],
  'local/wire': ['engine', 'catalog'],
  'local/driver': ['local/wire'],
  'local/worker': ['local/wire'],
  cli: ['spec', 'run', 'local'],
};

/** The folder's own root files are the place where its parts come together. */
const parts: Record<string, readonly string[]> = { local: ['local/wire', 'local/driver', 'local/worker'] };

const filesIn = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(ts|js)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));

/** `src/local/driver/pool.ts` is of `local/driver`, `src/spec/generate/main.ts` of `spec`, `src/index.ts` of nothing. */
function folderOf(file: string): string {
  const [first = '', second = ''] = relative(src, file).split('/');
  if (`${first}/${second}` in below) return `${first}/${second}`;
  return first.includes('.') ? '' : first;
}

function allowed(folder: string): ReadonlySet<string> {
  const found = new Set([folder, ...(parts[folder] ?? [])]);
  for (const name of found) for (const lower of below[name] ?? []) found.add(lower);
  return found;
}

/** What `import`, `export … from` and `import()` name. A worker's entry, which its driver names by URL, is no import. */
const specifiers = (text: string): readonly string[] =>
  [...text.matchAll(/(?:\bfrom|\bimport|\bimport\()\s*'(\.{1,2}\/[^'$]+)'/g)].map((match) => match[1] ?? '');

const imports = filesIn(src).flatMap((file) =>
  specifiers(readFileSync(file, 'utf8')).map((specifier) => ({
    from: folderOf(file),
    to: folderOf(join(dirname(file), specifier)),
    text: `${relative(src, file)} imports ${specifier}`,
  })),
);

describe('imports between the folders of src', () => {
  test('every folder has its place', () => {
    const folders = new Set(filesIn(src).map(folderOf));
    folders.delete('');
    expect([...folders].filter((folder) => !(folder in below))).toEqual([]);
  });

  test('there are imports to look at', () => {
    expect(imports.length).toBeGreaterThan(100);
  });

  test('go only to folders below', () => {
    const wrong = imports.filter(({ from, to }) => from !== '' && !allowed(from).has(to));
    expect(wrong.map(({ text }) => text)).toEqual([]);
  });
});
