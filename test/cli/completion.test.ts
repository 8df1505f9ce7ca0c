import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { bin, folderWith } from './command.ts';

const cwd = folderWith({ 'a.yaml': '', 'b.yml': '', 'c.txt': '', 'my job.yaml': '', 'vars.env': '' });
mkdirSync(join(cwd, 'jobs'));

/** What bash offers behind these words, the last of which is being typed. */
function completed(...words: readonly string[]): readonly string[] {
  const quoted = ['streamjob', ...words].map((word) => `'${word}'`).join(' ');
  const script = `source <("${process.execPath}" "${bin}" completion bash)
    COMP_WORDS=(${quoted}); COMP_CWORD=${words.length}; _streamjob; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { status, stdout, stderr } = spawnSync('bash', ['--norc', '-c', script], { cwd, encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return stdout.split('\n').filter(Boolean);
}

describe('what bash completes', () => {
  test('commands, and those of checkpoint', () => {
    expect(completed('')).toEqual(expect.arrayContaining(['run', 'validate', 'test', 'init', 'docs']));
    expect(completed('va')).toEqual(['validate']);
    expect(completed('checkpoint', 'u')).toEqual(['unlock']);
  });

  test('options of the command, not of others', () => {
    expect(completed('run', 'a.yaml', '--on')).toEqual(['--once']);
    expect(completed('test', '--on')).toEqual([]);
    expect(completed('--ver')).toEqual(['--version']);
  });

  test('values of options', () => {
    expect(completed('explain', '--format', 'm')).toEqual(['mermaid']);
    expect(completed('run', '--env-file', 'v')).toEqual(['vars.env']);
    expect(completed('run', '--threads', '')).toEqual([]);
  });

  test('job files and folders, where a job is wanted', () => {
    expect([...completed('run', '')].sort()).toEqual(['a.yaml', 'b.yml', 'jobs', 'my job.yaml']);
    expect(completed('test', 'a.yaml', 'b')).toEqual(['b.yml']);
    expect(completed('list', 'a')).toEqual([]);
  });

  test('names of components', () => {
    expect(completed('docs', 'reduceByKey')).toEqual(['reduceByKey', 'reduceByKeyAndWindow']);
    expect(completed('list', 's')).toEqual(['sources', 'steps', 'sinks']);
  });

  test('on a Tab, at a prompt', () => {
    const typed = `source <("${process.execPath}" "${bin}" completion bash); streamjob() { printf '<%s>' "$@"; }\nstreamjob expl\t my\t\nexit\n`;
    const { stdout } = spawnSync('script', ['-qec', 'bash --norc --noprofile -i', '/dev/null'], {
      cwd,
      input: typed,
      encoding: 'utf8',
      timeout: 60_000,
    });
    expect(stdout).toContain('<explain><my job.yaml>');
  });
});

const zsh = spawnSync('zsh', ['--version']).status === 0;

/** What a job is called with that was typed at a prompt of zsh, with a Tab here and there. */
function typedInZsh(line: string): string {
  const home = folderWith({
    '.zshrc': `source <("${process.execPath}" "${bin}" completion zsh); streamjob() { printf '<%s>' "$@" }\n`,
  });
  const { stdout } = spawnSync('script', ['-qec', 'zsh -i', '/dev/null'], {
    cwd,
    env: { ...process.env, ZDOTDIR: home, TERM: 'xterm' },
    input: `streamjob ${line}\nexit\n`,
    encoding: 'utf8',
    timeout: 120_000,
  });
  return stdout;
}

describe.skipIf(!zsh)(`what zsh completes${zsh ? '' : ' (there is no zsh)'}`, () => {
  test('commands and job files', () => {
    expect(typedInZsh('expl\t my\t')).toContain('<explain><my job.yaml>');
  });

  test('options of the command, and what may stand behind them', () => {
    expect(typedInZsh('explain a\t --for\t m\t')).toContain('<explain><a.yaml><--format><mermaid>');
    expect(typedInZsh('run --env-file v\t b\t')).toContain('<run><--env-file><vars.env><b.yml>');
  });

  test('commands of commands, and names of components', () => {
    expect(typedInZsh('checkpoint u\t')).toContain('<checkpoint><unlock>');
    expect(typedInZsh('docs reduceByKeyA\t')).toContain('<docs><reduceByKeyAndWindow>');
  });
});
