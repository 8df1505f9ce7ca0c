import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { bin, Command, folderWith, root } from './command.ts';

const readme = readFileSync(join(root, 'README.md'), 'utf8');
const block = (language: string): string => new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, 's').exec(readme)?.[1] ?? '';

const systemd = spawnSync('systemd-analyze', ['--version']).status === 0;

describe('the recipes of the README', () => {
  test.runIf(systemd)('have a unit that systemd has nothing to say about', () => {
    const unit = block('ini');
    expect(unit).toContain('ExecStart=/usr/local/bin/streamjob run ');
    const cwd = folderWith({ 'streamjob@.service': unit.replaceAll('/usr/local/bin/streamjob', bin) });
    const file = join(cwd, 'streamjob@.service');
    const { status, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', file], { encoding: 'utf8' });
    expect(stderr.split('\n').filter((line) => line.includes('streamjob'))).toEqual([]);
    expect(status).toBe(0);
  });

  test('have a crontab line whose command runs in an empty environment, and works off each file once', async () => {
    const [, path, command] = /^PATH=(.*)\n(?:\S+ ){5}(.*)\n$/.exec(block('crontab')) ?? [];
    const cwd = folderWith({
      'logs.yaml':
        'batchInterval: 1s\ncheckpoint: ./checkpoint\nsources: { lines: { files: { path: in, minAge: 0s } } }\nsinks: [{ from: lines, print: {} }]\n',
      streamjob: `#!/bin/sh\nexec "${bin}" "$@"\n`,
    });
    chmodSync(join(cwd, 'streamjob'), 0o755);
    mkdirSync(join(cwd, 'in'));
    writeFileSync(join(cwd, 'in/a.log'), 'tea\n');
    const run = () => {
      const here = `${cwd}:${dirname(process.execPath)}:${path}`;
      const line = command?.replace('/srv/jobs', cwd) ?? 'false';
      return new Command('env', ['-i', `PATH=${here}`, 'HOME=/nonexistent', 'sh', '-c', line], { cwd: '/' }).ended;
    };
    const first = await run();
    expect(first.stdout).toContain('\ntea\n');
    expect({ code: first.code, stderr: first.stderr }).toEqual({ code: 0, stderr: '' });
    expect(readFileSync(join(cwd, 'logs.log'), 'utf8')).toContain('"msg":"logs ended');
    const second = await run();
    expect(second.stdout).not.toContain('tea');
    expect(second.code).toBe(0);
  });
});
