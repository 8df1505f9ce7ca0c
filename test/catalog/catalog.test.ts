import { readdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import { catalog } from '#src/catalog/index.ts';

it.each(['operators', 'sources', 'sinks', 'formats'] as const)('knows the files of %s', async (folder) => {
  const files = readdirSync(new URL(`../../src/${folder}`, import.meta.url)).filter((name) => name.endsWith('.ts'));
  for (const name of files.map((file) => file.slice(0, -3))) {
    expect(catalog[folder].has(name)).toBe(true);
    expect((await catalog[folder].load(name)).summary).not.toBe('');
  }
  expect(catalog[folder].names).toEqual([...catalog[folder].names].sort());
});

it('loads hidden components and does not list them', async () => {
  expect(catalog.sinks.names).not.toContain('collect');
  expect(await catalog.sinks.load('collect')).toMatchObject({ hidden: true });
});

it('guesses what was meant', async () => {
  await expect(catalog.operators.load('reduceByKye')).rejects.toMatchObject({
    code: 'unknown-component',
    message: 'No step is called reduceByKye.',
    remedy: expect.stringMatching(/^Did you mean `reduceByKey`\? There are /),
  });
  await expect(catalog.sources.load('constructor')).rejects.toMatchObject({ code: 'unknown-component' });
});
