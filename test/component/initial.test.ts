import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { catalog } from '#src/catalog/index.ts';
import { loadInitial, readInitialFile } from '#src/component/initial.ts';

const directory = mkdtempSync(join(tmpdir(), 'streamjob-initial-'));
afterAll(() => rmSync(directory, { recursive: true }));

const load = catalog.formats.load;
const json = { name: 'json', config: {} };
const csv = (header: boolean, columns?: readonly string[]) => ({
  name: 'csv',
  config: { header, delimiter: ',', multiline: false, ...(columns && { columns: [...columns] }) },
});

function fileOf(content: string | Uint8Array, format: typeof json | ReturnType<typeof csv>, name = 'initial') {
  const path = join(directory, name);
  writeFileSync(path, content);
  return { path, format };
}

const pairsIn = async (...file: Parameters<typeof fileOf>) => (await readInitialFile(fileOf(...file), load)).pairs;

const two = [
  ['ann', 1],
  ['bob', 2],
];
const texts = two.map(([key, state]) => [key, String(state)]);

describe('initial states', () => {
  it.each([
    ['JSON lines', '["ann",1]\n\n["bob",2]', json, two],
    ['one JSON array', JSON.stringify(two, null, 2), json, two],
    ['records with key and state', '{"key":"ann","state":1}\n{"state":2,"key":"bob"}', json, two],
    ['a file with nothing in it', '', json, []],
    ['one line that is a pair', '["ann",1]\n', json, [['ann', 1]]],
    ['CSV with a header', '\ufeffkey,state\r\nann,1\r\nbob,2\r\n', csv(true), texts],
    ['CSV with another header', 'user,total\nann,1\nbob,2\n', csv(true, ['key', 'state']), texts],
    ['CSV without a header', 'ann,1\nbob,2', csv(false), texts],
  ] as const)('are read from %s', async (_name, content, format, pairs) => {
    expect(await pairsIn(content, format)).toEqual(pairs);
  });

  it('are read from a compressed file', async () => {
    expect(await pairsIn(gzipSync('["ann",1]\n["bob",2]\n'), json, 'initial.gz')).toEqual(two);
  });

  it.each([
    ['what is no pair', '["ann",1]\n["bob"]', json, "has [ 'bob' ] as number 2, which is no pair"],
    ['a record with other fields', '{"key":"ann","total":1}', json, 'which is no pair'],
    ['a CSV with more columns', 'key,state,more\nann,1,2\n', csv(true), 'which is no pair'],
    ['one key twice', '["ann",1]\n["bob",2]\n["ann",3]', json, "has two states for the key 'ann'"],
    ['a compound key twice', '[{"a":1,"b":2},1]\n[{"b":2,"a":1},2]', json, 'has two states for the key {'],
    ['what cannot be decoded', '["ann",1]\n["bob",', json, 'has the record'],
  ] as const)('refuse a file with %s', async (_name, content, format, message) => {
    const { path } = fileOf(content, format);
    await expect(pairsIn(content, format)).rejects.toMatchObject({
      code: 'bad-table',
      message: expect.stringContaining(message),
      remedy: expect.stringContaining('one pair [key, state]'),
    });
    await expect(pairsIn(content, format)).rejects.toThrow(`The file of initial states ${path} has`);
  });

  it('refuse a file that is not there, or is not what it was', async () => {
    const missing = { path: join(directory, 'none'), format: json };
    await expect(readInitialFile(missing, load)).rejects.toMatchObject({ code: 'file-missing' });
    const file = fileOf('["ann",1]', json);
    const { sha256 } = await readInitialFile(file, load);
    expect(await loadInitial({ initial: { ...file, sha256 } }, load)).toEqual([['ann', 1]]);
    writeFileSync(file.path, '["ann",2]');
    await expect(loadInitial({ initial: { ...file, sha256 } }, load)).rejects.toMatchObject({ code: 'input-changed' });
  });

  it('are refused in a list as in a file', async () => {
    expect(await loadInitial({ initial: two }, load)).toEqual(two);
    expect(await loadInitial({}, load)).toEqual([]);
    for (const [initial, message] of [
      [[['ann', 1], 5], '`initial` has 5 as number 2, which is no pair.'],
      [[...two, two[0]!], "`initial` has two states for the key 'ann'."],
    ] as const) {
      await expect(loadInitial({ initial }, load)).rejects.toMatchObject({ code: 'bad-value', message });
    }
  });
});
