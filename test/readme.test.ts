import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Command, folderWith, root, streamjob } from './cli/command.ts';

const readme = readFileSync(join(root, 'README.md'), 'utf8');

const blocks = (language: string): readonly string[] =>
  [...readme.matchAll(/```(\w+)\n(.*?)```/gs)].filter((match) => match[1] === language).map((match) => match[2] ?? '');

describe('the README', () => {
  const wrong = blocks('yaml').filter((job) => job.startsWith('# wrong.yaml'));

  test.each(blocks('yaml').filter((job) => !wrong.includes(job)))(
    'has only valid jobs, whose tests pass: %#',
    async (job) => {
      const cwd = folderWith({ 'job.yaml': job });
      const env = { KAFKA_PASSWORD: 'secret' };
      const validated = await streamjob(['validate', 'job.yaml'], { cwd, env });
      expect(validated.stdout).toMatch(/^job\.yaml is valid\.$/m);
      expect((await streamjob(['test', 'job.yaml'], { cwd, env })).code).toBe(0);
    },
  );

  test('shows what validate says', async () => {
    const { stdout } = await streamjob(['validate', 'wrong.yaml'], {
      cwd: folderWith({ 'wrong.yaml': wrong.join('') }),
    });
    expect(blocks('text')).toEqual([`$ streamjob validate wrong.yaml\n${stdout.trimEnd()}\n`]);
  });

  const commands = blocks('sh')
    .flatMap((block) => block.trim().split('\n'))
    .filter((command) => !command.startsWith('npm ci'));

  test.each(commands)('has commands that run: %s', async (command) => {
    const script = command.replaceAll(/\bstreamjob (?=run|test|explain|validate)/g, 'node bin/streamjob.js ');
    const { code, stdout } = await new Command('bash', ['-c', script]).ended;
    expect(stdout).not.toBe('');
    expect(code).toBe(0);
  });

  test('names files that are there', () => {
    const links = [...readme.matchAll(/\]\(((?!http)[^)#]+)/g)].map((match) => match[1] ?? '');
    expect(links.length).toBeGreaterThan(5);
    for (const link of links) expect(() => readFileSync(join(root, link)), link).not.toThrow(/ENOENT/);
  });
});
