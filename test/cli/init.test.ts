import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Chosen, choices } from '#src/cli/initChoices.ts';
import { jobText } from '#src/cli/initJob.ts';
import { bin, Command, folderWith, printed, streamjob } from './command.ts';

const keys = <P extends keyof Chosen>(part: P) => Object.keys(choices[part]) as Chosen[P][];

const combinations: readonly Chosen[] = keys('source').flatMap((source) =>
  keys('compute').flatMap((compute) => keys('sink').map((sink) => ({ source, compute, sink }))),
);

test('every choice makes a job that is valid without a warning, and whose test holds', async () => {
  const cwd = folderWith({});
  const names = combinations.map(({ source, compute, sink }) => `${source}-${compute}-${sink}`);
  for (const [i, name] of names.entries()) {
    writeFileSync(join(cwd, `${name}.yaml`), jobText(name, combinations[i]!, './job.schema.json'));
  }
  const files = names.map((name) => `${name}.yaml`);
  const validated = await streamjob(['validate', '--json', ...files], { cwd });
  const problems = (JSON.parse(validated.stdout) as { problems: unknown[] }[]).flatMap((job) => job.problems);
  expect(problems).toEqual([]);

  // What is computed depends neither on the source nor on the sink.
  const each = files.filter((name) => name.startsWith('files-') && name.endsWith('-print.yaml'));
  const { code, stdout } = await streamjob(['test', '--threads', '1', ...each], { cwd });
  expect(stdout).toContain(`${keys('compute').length} passed, 0 failed`);
  expect(code).toBe(0);
});

describe('init', () => {
  test('without a terminal takes the defaults, and the job runs', async () => {
    const cwd = folderWith({});
    const { code, stdout, stderr } = await streamjob(['init'], { cwd });
    expect(stdout).toContain('Wrote job.yaml and input/sample.log. Next:\n  streamjob test job.yaml\n');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const run = await streamjob(['run', 'job.yaml', '--once', '--set', 'sources.lines.files.minAge=0s'], { cwd });
    expect(printed(run.stdout)[0]).toBe('["tea",3]');
  });

  test('takes a path, and the choices of the command line', async () => {
    const cwd = folderWith({});
    const args = ['init', 'jobs/alarm.yaml', '--source', 'stdin', '--compute', 'errors', '--sink', 'print', '--yes'];
    expect((await streamjob(args, { cwd })).stdout).toContain('Wrote jobs/alarm.yaml. Next:');
    expect(readdirSync(join(cwd, 'jobs'))).toEqual(['alarm.yaml']);
    const run = await streamjob(['run', 'jobs/alarm.yaml'], { cwd, input: 'all fine\nFATAL no tea\n' });
    expect(printed(run.stdout)).toEqual(['FATAL no tea']);
  });

  test('replaces nothing', async () => {
    const cwd = folderWith({ 'job.yaml': 'mine' });
    mkdirSync(join(cwd, 'input'));
    writeFileSync(join(cwd, 'input/sample.log'), 'mine too');
    const refused = await streamjob(['init'], { cwd });
    expect(refused.stderr).toContain('job.yaml is there already, and was left as it is.');
    expect(refused.code).toBe(3);
    await streamjob(['init', 'other'], { cwd });
    expect(readFileSync(join(cwd, 'job.yaml'), 'utf8')).toBe('mine');
    expect(readFileSync(join(cwd, 'input/sample.log'), 'utf8')).toBe('mine too');
  });

  test.each(['a b', '-', '..', '.yaml'])('refuses the name %s', async (name) => {
    const cwd = folderWith({});
    const { code, stderr } = await streamjob(['init', '--', name], { cwd });
    expect(stderr).toContain('The name of a job is made of');
    expect(code).toBe(2);
    expect(readdirSync(cwd)).toEqual([]);
  });
});

describe('init at a terminal', () => {
  const dialogue = (cwd: string, args = '') =>
    new Command('script', ['-qec', `${process.execPath} ${bin} init ${args}`, '/dev/null'], { cwd });

  test('asks, by number and by name, again after a mistake, and Enter is the default', async () => {
    const cwd = folderWith({});
    const init = dialogue(cwd, 'asked');
    await init.seen('stdout', /Where do records come from\?.*\[files\]/s);
    init.process.stdin.write('sockt\n');
    await init.seen('stdout', /Did you mean `socket`\?/);
    init.process.stdin.write('socket\n');
    await init.seen('stdout', /What becomes of them\?.*\[words\]/s);
    init.process.stdin.write('2\n');
    await init.seen('stdout', /Where do the results go\?.*\[print\]/s);
    init.process.stdin.write('\n');
    await init.seen('stdout', /Wrote asked\.yaml\. Next:/);
    expect((await init.ended).code).toBe(0);
    const job = readFileSync(join(cwd, 'asked.yaml'), 'utf8');
    expect(job).toContain('socket: { host: localhost, port: 9999 }');
    expect(job).toContain('Keeps the lines that report an error.');
    expect(job).toContain('print: { limit: 20 }');
  });

  test('asks only what is not given', async () => {
    const cwd = folderWith({});
    const init = dialogue(cwd, '--source http --sink http');
    await init.seen('stdout', /What becomes of them\?.*\[words\]/s);
    init.process.stdin.write('totals\n');
    await init.seen('stdout', /Wrote job\.yaml\. Next:/);
    expect(init.stdout).not.toMatch(/come from|results go/);
  });

  test('writes nothing when the questions are broken off', async () => {
    const cwd = folderWith({});
    const init = dialogue(cwd);
    await init.seen('stdout', /\[files\]/);
    init.process.stdin.write('\x04');
    expect((await init.ended).stdout).toContain('Nothing was written');
    expect(readdirSync(cwd)).toEqual([]);
  });
});
