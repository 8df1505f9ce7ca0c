import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { importModule, inspectModule } from '#src/function/module.ts';

const directory = mkdtempSync(join(tmpdir(), 'streamjob-module-'));
afterAll(() => rmSync(directory, { recursive: true }));

let count = 0;
function file(text: string, extension = 'mjs'): string {
  const path = join(directory, `module-${++count}.${extension}`);
  writeFileSync(path, text);
  return path;
}

const exportsOf = async (text: string, extension?: string) => (await inspectModule(file(text, extension))).exports;

describe('inspectModule', () => {
  it('names the exports without running the module', async () => {
    const text = `
      throw new Error('it was run');
      import { x } from './x.js';
      export const a = 1, { b, c: [d, ...e] } = {};
      export function f() {}
      export class G {}
      export { x as h, a as default };
      export * as all from './x.js';
    `;
    expect(await exportsOf(text)).toEqual(['a', 'b', 'd', 'e', 'f', 'G', 'h', 'all']);
    expect(await exportsOf('export default 1')).toEqual([]);
  });

  it('says that it cannot know', async () => {
    expect(await exportsOf("export * from './x.js'; export const a = 1;")).toBeUndefined();
    expect(await exportsOf('exports.a = 1', 'js')).toBeUndefined();
    expect(await exportsOf('exports.a = 1', 'cjs')).toBeUndefined();
  });

  it('gives the hash of the content', async () => {
    const sha256 = createHash('sha256').update('export {}').digest('hex');
    expect(await inspectModule(file('export {}'))).toEqual({ exports: [], sha256 });
  });

  it('tells a missing file and a syntax error', async () => {
    await expect(inspectModule(join(directory, 'gone.js'))).rejects.toMatchObject({
      code: 'file-missing',
      exitCode: 3,
    });
    await expect(inspectModule(directory)).rejects.toMatchObject({ code: 'file-missing' });
    const path = file('export const a = 1;\nexport const b = ;');
    await expect(inspectModule(path)).rejects.toMatchObject({
      code: 'bad-module',
      at: { file: path, line: 2, column: 18 },
    });
  });
});

describe('importModule', () => {
  it('gives the exports', async () => {
    const { parse } = await importModule(file('export const parse = (x) => x + 1;'));
    expect((parse as (x: number) => number)(1)).toBe(2);
  });

  it('tells what went wrong', async () => {
    const broken = file("// Connects.\nthrow new Error('no database');");
    await expect(importModule(broken)).rejects.toMatchObject({
      code: 'bad-module',
      message: expect.stringContaining('no database'),
      at: { file: broken, line: 2, column: 7 },
    });
    await expect(importModule(join(directory, 'gone.mjs'))).rejects.toMatchObject({ code: 'file-missing' });
    const importing = file("import './gone.mjs';");
    await expect(importModule(importing)).rejects.toMatchObject({ code: 'bad-module' });
  });
});
