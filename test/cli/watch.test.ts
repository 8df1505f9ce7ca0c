import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { bin, Command, folderWith, start, streamjob } from './command.ts';

const job = (steps: string): string => `batchInterval: 50ms
checkpoint: ./checkpoint
functions: ./functions.js
tables: { names: { file: names.csv, format: csv, key: id } }
sources: { numbers: { rate: { rowsPerSecond: 100 } } }
streams: { said: { from: numbers, steps: [${steps}] } }
sinks: [{ from: said, print: { limit: 1 } }]
`;

const files = {
  'job.yaml': job('map: say'),
  'functions.js': "export const say = () => 'first';\n",
  'names.csv': 'id,name\n1,red\n',
};

const watched = (cwd: string, ...args: readonly string[]): Command =>
  start(['run', 'job.yaml', '--watch', '--log-format', 'text', ...args], { cwd });

/** As editors save: beside, then in its place. */
function save(cwd: string, file: string, text: string): void {
  writeFileSync(join(cwd, `${file}.new`), text);
  renameSync(join(cwd, `${file}.new`), join(cwd, file));
}

describe('run --watch', () => {
  test('goes on with each edited version of job, module and table, and ends by a signal', async () => {
    const cwd = folderWith(files);
    const run = watched(cwd);
    await run.seen('stdout', /^first$/m);

    save(cwd, 'functions.js', "export const say = () => 'second';\n");
    await run.seen('stdout', /^second$/m);
    expect(run.stderr).toContain('job.yaml has changed: the new version takes over');

    writeFileSync(join(cwd, 'job.yaml'), job("map: \"() => 'third ' + names.get('1').name\""));
    await run.seen('stdout', /^third red$/m);

    save(cwd, 'names.csv', 'id,name\n1,blue\n');
    await run.seen('stdout', /^third blue$/m);

    run.process.kill('SIGTERM');
    const { code, stderr } = await run.ended;
    expect(code).toBe(0);
    expect(stderr.match(/job ended: /g)).toHaveLength(4);
    expect(stderr).not.toContain('without a checkpoint');
  });

  test('shows what is wrong with an edited version at its place, and the one before goes on', async () => {
    const cwd = folderWith(files);
    const run = watched(cwd);
    await run.seen('stdout', /^first$/m);
    save(cwd, 'job.yaml', job('mapp: say'));
    await run.seen('stderr', /job\.yaml:6:\d+ {2}unknown-component[\s\S]*the one before goes on/);
    const before = run.stdout.length;
    await expect.poll(() => run.stdout.slice(before).includes('first'), { timeout: 120_000 }).toBe(true);
    expect(run.stderr).not.toContain('job ended');
    save(cwd, 'job.yaml', job('map: "() => \'mended\'"'));
    await run.seen('stdout', /^mended$/m);
    run.process.kill('SIGINT');
    expect((await run.ended).code).toBe(0);
  });

  test.each(['.', 'elsewhere'])('sees a file of the folder %s that was away for a while', async (folder) => {
    const cwd = folderWith({});
    const module = join(cwd, folder, 'functions.js');
    const withModule = (steps: string): string => job(steps).replace('./functions.js', module);
    mkdirSync(join(cwd, folder), { recursive: true });
    for (const [name, text] of Object.entries({ ...files, 'job.yaml': withModule('map: say') }))
      writeFileSync(name === 'functions.js' ? module : join(cwd, name), text);
    const run = watched(cwd);
    await run.seen('stdout', /^first$/m);
    rmSync(module);
    await run.seen('stderr', /file-missing {2}The functions module[\s\S]*the one before goes on/);
    writeFileSync(module, "export const say = () => 'back';\n");
    await run.seen('stdout', /^back$/m);
    save(cwd, 'job.yaml', withModule('map: "() => \'last\'"'));
    await run.seen('stdout', /^last$/m);
    run.process.kill('SIGTERM');
    const { code, stderr } = await run.ended;
    expect(stderr).not.toContain('Error');
    expect(code).toBe(0);
  });

  test('goes on from the checkpoint: no batch of a queue is run twice or lost', async () => {
    const numbers = Array.from({ length: 60 }, (_, i) => `[${i}]`).join(', ');
    const queue = (note: string): string => `# ${note}
batchInterval: 50ms
checkpoint: ./checkpoint
sources: { numbers: { queue: { batches: [${numbers}] } } }
sinks: [{ from: numbers, print: {} }]
`;
    const cwd = folderWith({ 'job.yaml': queue('one') });
    const run = watched(cwd, '--fresh');
    await run.seen('stdout', /^2$/m);
    for (const note of ['two', 'three', 'four']) save(cwd, 'job.yaml', queue(note));
    await run.seen('stderr', /takes over[\s\S]*job started/);
    await run.seen('stdout', /^59$/m);
    run.process.kill('SIGTERM');
    const { stdout } = await run.ended;
    expect(stdout.match(/^\d+$/gm)).toEqual(Array.from({ length: 60 }, (_, i) => `${i}`));
  });

  test('waits for an edit when the job fails, and ends when the job is done', async () => {
    const cwd = folderWith({
      'job.yaml': `batchInterval: 50ms
sources: { words: { queue: { batches: [[a]] } } }
streams: { s: { from: words, steps: [map: "word => { throw new Error('oh') }"] } }
sinks: [{ from: s, print: {} }]
`,
    });
    const run = watched(cwd);
    await run.seen('stderr', /without a checkpoint each edited version begins anew/);
    await run.seen('stderr', /the job ended with 1; it starts again when a file of it changes/);
    save(
      cwd,
      'job.yaml',
      'batchInterval: 50ms\nsources: { words: { stdin: {} } }\nsinks: [{ from: words, print: {} }]\n',
    );
    await run.seen('stderr', /job started/);
    run.process.stdin.end('tea\n');
    const { code, stdout } = await run.ended;
    expect(stdout).toContain('\ntea\n');
    expect(code).toBe(0);
  });

  test('takes one Ctrl-C at a terminal for one', async () => {
    const cwd = folderWith(files);
    const line = `exec ${process.execPath} ${bin} run job.yaml --watch`;
    const run = new Command('script', ['-qec', line, '/dev/null'], { cwd });
    await run.seen('stdout', /^first\r$/m);
    run.process.stdin.write('\x03');
    const { code, stdout } = await run.ended;
    expect(stdout).toMatch(/job ended: /);
    expect(code).toBe(0);
  });

  test('stops the job when it is killed itself', async () => {
    const cwd = folderWith(files);
    const run = watched(cwd);
    await run.seen('stdout', /^first$/m);
    run.process.kill('SIGKILL');
    await run.seen('stderr', /job ended/);
  });

  test('refuses a job that is wrong at the start, and options that end a job', async () => {
    const cwd = folderWith({ ...files, 'job.yaml': job('mapp: say') });
    expect((await streamjob(['run', 'job.yaml', '--watch'], { cwd })).code).toBe(2);
    const { code, stderr } = await streamjob(['run', 'job.yaml', '--watch', '--once'], { cwd });
    expect(stderr).toContain("'--watch' cannot be used with option '--once'");
    expect(code).toBe(2);
    expect(readFileSync(join(cwd, 'job.yaml'), 'utf8')).toContain('mapp');
  });
});
