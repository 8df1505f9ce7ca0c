import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { folderWith, root } from './cli/command.ts';

const program = `
import { StreamingContext, StreamjobError } from 'streamjob';

const context = new StreamingContext({ batchInterval: '20ms' });
const lines = context.queueStream<string>([['to be or not to be'], ['to see']]);
const counts = lines
  .flatMap((line) => line.split(' '))
  .map((word): [string, number] => [word, 1])
  .reduceByKey((a, b) => a + b);
counts.print();

await context.start();
const ended: boolean = await context.awaitTerminationOrTimeout(1_000);
if (!ended) await context.stop();

const limit = 3;
try {
  lines.filter((line) => line.length > limit);
} catch (error) {
  console.log(error instanceof StreamjobError ? error.code : error);
}
`;

const folder = folderWith({
  'package.json': '{ "type": "module", "private": true }',
  'program.ts': program,
  'readme.ts': /```ts\n(.*?)```/s.exec(readFileSync(join(root, 'README.md'), 'utf8'))?.[1] ?? '',
  'tsconfig.json': JSON.stringify({
    compilerOptions: { module: 'nodenext', target: 'es2023', strict: true, outDir: 'out', types: [] },
    files: ['program.ts', 'readme.ts'],
  }),
});

function run(command: string, args: readonly string[], cwd = folder): string {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}\n${stdout}\n${stderr}`);
  return stdout;
}

beforeAll(() => {
  run('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], root);
  const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz'));
  run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', `./${tarball}`]);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the packed tarball, installed into an empty folder', () => {
  const installed = join(folder, 'node_modules/streamjob');

  test('holds what is used and nothing else', () => {
    expect(readdirSync(installed).sort()).toEqual([
      'LICENSE',
      'README.md',
      'bin',
      'dist',
      'jobs',
      'package.json',
      'schemas',
    ]);
  });

  test('has a command that runs the word count', () => {
    const output = run('npx', [
      '--no-install',
      'streamjob',
      'run',
      'node_modules/streamjob/jobs/wordcount-files.yaml',
      '--once',
    ]);
    expect(output).toContain('["the",137]');
  });

  test('is installed as the Containerfile of the README does it, with hardly any environment', () => {
    const home = folderWith({
      'job.yaml':
        'batchInterval: 1s\nsources: { q: { queue: { batches: [[tea]] } } }\nsinks: [{ from: q, print: {} }]\n',
    });
    const containerfile = /```dockerfile\n(.*?)```/s.exec(readFileSync(join(root, 'README.md'), 'utf8'))?.[1] ?? '';
    expect(containerfile).toContain('RUN npm install --global /tmp/streamjob-*.tgz &&');
    const [, command] = /ENTRYPOINT \["streamjob", "(\w+)", /.exec(containerfile) ?? [];
    const cache = run('npm', ['config', 'get', 'cache']).trim();
    const env = ['-i', `PATH=${process.env.PATH}`, `HOME=${home}`];
    const archive = join(folder, readdirSync(folder).find((name) => name.endsWith('.tgz')) ?? '');
    const install = [
      'npm',
      'install',
      '--global',
      '--prefix',
      home,
      '--cache',
      cache,
      '--prefer-offline',
      '--no-audit',
      archive,
    ];
    run('env', [...env, ...install], home);
    expect(run('env', [...env, join(home, 'bin/streamjob'), command ?? '', 'job.yaml', '--once'], home)).toContain(
      'tea',
    );
    rmSync(home, { recursive: true, force: true });
  });

  test('has a library with types, which the README uses rightly', () => {
    run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', '.']);
    const output = run(process.execPath, ['out/program.js']);
    expect(output).toContain('["to",2]');
    expect(output).toMatch(/captured-variable\n$/);
  });

  test('refuses a Node.js that is too old with a sentence', () => {
    writeFileSync(join(folder, 'old.cjs'), "Object.defineProperty(process.versions, 'node', { value: '18.20.0' });\n");
    const { status, stderr } = spawnSync(process.execPath, ['-r', './old.cjs', join(installed, 'bin/streamjob.js')], {
      cwd: folder,
      encoding: 'utf8',
    });
    expect({ status, stderr }).toEqual({
      status: 3,
      stderr: 'streamjob needs Node.js 20.19 or newer; this is 18.20.0.\n',
    });
  });
});
