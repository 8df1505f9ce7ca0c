import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { catalog } from '#src/catalog/index.ts';
import { loadTables, readTable } from '#src/component/tables.ts';

const directory = mkdtempSync(join(tmpdir(), 'streamjob-tables-'));
afterAll(() => rmSync(directory, { recursive: true }));

const csv = { name: 'csv', config: { header: true, delimiter: ',', multiline: false } };
const multiline = { name: 'csv', config: { ...csv.config, multiline: true } };
const json = { name: 'json', config: {} };

function read(content: string | Uint8Array, format: typeof json | typeof csv, name = 'table') {
  const path = join(directory, name);
  writeFileSync(path, content);
  return readTable({ path, format, key: 'id' }, catalog.formats.load);
}

const ada = { id: 'a', name: 'Ada' };
const ben = { id: 'b', name: 'Ben' };

describe('a table', () => {
  it.each([
    ['CSV', 'id,name\r\na,Ada\r\nb,Ben', csv],
    ['CSV with a byte order mark', '\ufeffid,name\na,Ada\nb,Ben\n', csv],
    ['CSV with line ends in quotes', 'id,"name"\n"a","Ada"\nb,Ben\n', multiline],
    ['JSON lines', `${JSON.stringify(ada)}\n\n${JSON.stringify(ben)}`, json],
    ['a JSON array', JSON.stringify([ada, ben], null, 2), json],
  ])('is read from %s', async (_name, content, format) => {
    const { table } = await read(content, format);
    expect([...table]).toEqual([
      ['a', ada],
      ['b', ben],
    ]);
  });

  it('is read from a compressed file', async () => {
    expect((await read(gzipSync('id\na\n'), csv, 'table.gz')).table.get('a')).toEqual({ id: 'a' });
    const damaged = read('id\na\n', csv, 'table.gz');
    await expect(damaged).rejects.toMatchObject({ code: 'bad-table', message: expect.stringMatching(/is damaged/) });
  });

  it('has keys of any simple type', async () => {
    const { table } = await read('{"id":1}\n{"id":"1"}\n{"id":true}', json);
    expect([...table.keys()]).toEqual([1, '1', true]);
  });

  it('cannot be changed, nor can its records', async () => {
    const { table } = await read('id,name\na,Ada\n', csv);
    const map = table as Map<unknown, { name: string }>;
    expect(() => map.set('b', { name: 'Ben' })).toThrow('A table cannot be changed.');
    expect(() => map.delete('a')).toThrow('A table cannot be changed.');
    expect(() => map.clear()).toThrow('A table cannot be changed.');
    expect(() => {
      map.get('a')!.name = 'Eve';
    }).toThrow(TypeError);
    expect(table.size).toBe(1);
  });

  it.each([
    ['two records with one key', 'id,n\na,1\na,2\n', csv, /two records with the `id` 'a'\./],
    ['a column that is not there', 'key,n\na,1\n', csv, /has no `id` in record 1/],
    ['a key that is an object', '{"id":{}}', json, /has no `id` in record 1/],
    ['a record that is no object', '{"id":1}\n7', json, /has no `id` in record 2, 7/],
    ['what is no JSON', '{"id":1}\n{', json, /not valid JSON/],
    ['what is no CSV', 'id,n\na\n', csv, /it has 1 field, and there are 2 columns/],
    ['an open quote', 'id\n"a\n', multiline, /a quote is not closed/],
    ['what is not UTF-8', Buffer.from('id\n\xff\n', 'latin1'), csv, /not valid UTF-8/],
  ])('is refused for %s', async (_name, content, format, message) => {
    await expect(read(content, format)).rejects.toMatchObject({
      code: 'bad-table',
      message: expect.stringMatching(message),
    });
  });

  it('is refused where there is no file', async () => {
    const missing = readTable({ path: join(directory, 'none'), format: csv, key: 'id' }, catalog.formats.load);
    await expect(missing).rejects.toMatchObject({ code: 'file-missing' });
  });

  it('is the same for all threads, or an error', async () => {
    const path = join(directory, 'shared');
    const { sha256 } = await read('id\na\n', csv, 'shared');
    const plan = { tables: { users: { path, format: csv, key: 'id', sha256 } } };
    expect((await loadTables(plan, catalog.formats.load)).users?.size).toBe(1);
    writeFileSync(path, 'id\na\nb\n');
    await expect(loadTables(plan, catalog.formats.load)).rejects.toMatchObject({ code: 'input-changed' });
  });
});
