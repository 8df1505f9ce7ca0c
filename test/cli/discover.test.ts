import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { errorCodes } from '#src/base/errors.ts';
import { documented, textOf } from '#src/cli/docs.ts';
import { bin, Command, root, streamjob } from './command.ts';

describe('list', () => {
  test('names every component of the reference, with a sentence', async () => {
    const { code, stdout, stderr } = await streamjob(['list']);
    const reference = readFileSync(join(root, 'schemas/reference.md'), 'utf8');
    const components = reference.slice(reference.indexOf('\n## Sources'));
    const names = [...components.matchAll(/^####? (\w+)$/gm)].map((match) => match[1] ?? '');
    expect(names.length).toBeGreaterThan(40);
    for (const name of names) expect(stdout).toMatch(new RegExp(`^  ${name} +[A-Z]`, 'm'));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  test('shows one kind when asked, and corrects a misspelt one', async () => {
    const { stdout } = await streamjob(['list', 'formats']);
    expect(stdout).toMatch(/^formats\n {2}binary /);
    expect(stdout).not.toContain('reduceByKey');
    const wrong = await streamjob(['list', 'sink']);
    expect(wrong.stderr).toContain('Allowed choices are sources, steps, sinks, formats.');
    expect(wrong.code).toBe(2);
  });
});

describe('docs', () => {
  test('tells settings, types, defaults and examples', async () => {
    const { code, stdout, stderr } = await streamjob(['docs', 'reduceByKey']);
    expect(stdout).toMatch(/^reduceByKey \(step\)\n/);
    expect(stdout).toContain('  reduce  function (a, b) => value, required\n');
    expect(stdout).toContain('The short form gives reduce.');
    expect(stdout).toContain('      reduceByKey: (a, b) => a + b\n');
    expect(stdout).toMatch(/\[\["to",1\],.* {2}gives {2}\[\["to",2\],/);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  test('tells of the source and of the sink of a name', async () => {
    const { stdout } = await streamjob(['docs', 'files']);
    expect(stdout).toMatch(/^files \(source\)$/m);
    expect(stdout).toMatch(/^files \(sink\)$/m);
  });

  test('has something to say about everything that can be asked for', async () => {
    for (const name of [...documented(), ...Object.keys(errorCodes)]) {
      const text = await textOf(name);
      expect(text, name).toMatch(/^[\w-]+ \(.+\)\n.{10,}\n/);
      expect(text, name).not.toContain('[object');
    }
    expect(await textOf('bad-value')).toContain(errorCodes['bad-value'].means);
  });

  test.each([
    ['reducebykey', 'Did you mean `reduceByKey`?'],
    ['setings', 'Did you mean `settings`?'],
    ['toString', 'streamjob list'],
  ])('corrects %s', async (name, says) => {
    const { code, stdout, stderr } = await streamjob(['docs', name]);
    expect(stderr).toContain(says);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  });

  test('is coloured at a terminal, unless NO_COLOR is set', async () => {
    const at = (env: NodeJS.ProcessEnv) =>
      new Command('script', ['-qec', `${process.execPath} ${bin} docs count`, '/dev/null'], { env }).ended;
    const terminal = { TERM: 'xterm-256color', CI: undefined, FORCE_COLOR: undefined };
    const coloured = await at({ ...terminal, NO_COLOR: undefined });
    const plain = await at({ ...terminal, NO_COLOR: '1' });
    expect(coloured.stdout).toContain('\u001b[1mcount');
    expect(plain.stdout).toMatch(/^count \(step\)/);
  });
});

test('schema prints the schema', async () => {
  const { stdout } = await streamjob(['schema']);
  expect(stdout).toBe(readFileSync(join(root, 'schemas/job.schema.json'), 'utf8'));
});
