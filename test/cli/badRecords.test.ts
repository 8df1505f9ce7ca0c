import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { folderWith, freePort, printed, start, streamjob } from './command.ts';

/** A job over one source, with what failed in a file. */
const job = (source: string, onError: string): string => `
batchInterval: 100ms
sources:
  input:
    ${source}
    ${onError && `onError: ${onError}`}
streams:
  all: { from: input }
sinks:
  - from: all
    print: { limit: 1000 }
${onError.includes('broken') ? '  - from: broken\n    files: { path: broken, format: json }' : ''}
`;

/** A folder with a job and a directory \`in\` of files. */
function folder(text: string, files: Readonly<Record<string, string | Uint8Array>>): string {
  const cwd = folderWith({ 'job.yaml': text });
  mkdirSync(join(cwd, 'in'));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(cwd, 'in', name), content);
  return cwd;
}

const runOnce = (cwd: string) => streamjob(['run', 'job.yaml', '--once', '--threads', '2'], { cwd });

interface Letter {
  readonly record: unknown;
  readonly error: string;
  readonly step: string;
  readonly batchTime: number;
}

const letters = (cwd: string): readonly Letter[] =>
  readdirSync(join(cwd, 'broken')).flatMap((name) =>
    readFileSync(join(cwd, 'broken', name), 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Letter),
  );

const source = (format: string, more = ''): string => `files: { path: in, minAge: 0s, format: ${format}${more} }`;

/** Formats, an input with good and bad records, what is printed, and the bad ones with a word of the reason. */
const cases = [
  ['json', '{"a":1}\n{"a":\n2\n', ['{"a":1}', '2'], [['{"a":', 'not valid JSON']]],
  ['csv', 'a,b\n1,2\n3\n', ['{"a":"1","b":"2"}'], [['3', 'it has 1 field']]],
  ['text', Buffer.from('ok\nna\xefve\n', 'latin1'), ['ok'], [['na\ufffdve', 'not valid UTF-8']]],
  ['text', `ok\n${'x'.repeat(2000)}\nlast\n`, ['ok', 'last'], [['x'.repeat(1000), 'is 2 KB long']]],
  ['{ binary: { recordLength: 2 } }', 'aabbc', ['<6161>', '<6262>'], [['Yw==', 'has 1 of 2 bytes']]],
] as const;

describe.each(cases)('a bad record in files of %s', (format, content, good, bad) => {
  const limited = source(format, ', maxRecordBytes: 1KB');

  test('ends the job with its source, file and text', async () => {
    const cwd = folder(job(limited, ''), { data: content });
    const { code, stderr } = await runOnce(cwd);
    expect(code).toBe(1);
    expect(stderr).toContain('bad-record');
    expect(stderr).toContain('input (files)');
    expect(stderr).toContain(join(cwd, 'in/data'));
    expect(stderr).toContain('onError');
    expect(stderr).toContain(bad[0][1]);
  });

  test('goes to the stream that is named, with reason, step and batch', async () => {
    const cwd = folder(job(limited, '{ to: broken }'), { data: content });
    const { code, stdout } = await runOnce(cwd);
    expect(code).toBe(0);
    expect([...printed(stdout)].sort()).toEqual([...good].sort());
    const found = letters(cwd);
    expect(found.map(({ record }) => record)).toEqual(bad.map(([record]) => record));
    expect(found[0]?.error).toContain(bad[0][1]);
    expect(found[0]?.error).toContain(join(cwd, 'in/data'));
    expect(found[0]?.step).toBe('input (files)');
    expect(stdout).toContain(`Time: ${found[0]?.batchTime} ms`);
  });
});

test('bad records are left out with `skip`', async () => {
  const { code, stdout } = await runOnce(folder(job(source('json'), 'skip'), { data: '1\n{\n2\n' }));
  expect(printed(stdout)).toEqual(['1', '2']);
  expect(code).toBe(0);
});

test('a damaged .gz file fails by name, or gives what comes before the damage', async () => {
  const whole = gzipSync(Array.from({ length: 50_000 }, (_, i) => `${(i * 7919) % 50_021}`).join('\n'));
  const files = { 'a.gz': whole.subarray(0, whole.length / 2), 'b.gz': gzipSync('last\n') };
  const failing = await runOnce(folder(job(source('text'), ''), files));
  expect(failing.code).toBe(1);
  expect(failing.stderr).toMatch(/source-failed.*in\/a\.gz is damaged: unexpected end of file/);
  const cwd = folder(job(source('text'), '{ to: broken }'), files);
  const { code, stdout } = await runOnce(cwd);
  expect(code).toBe(0);
  expect(printed(stdout).length).toBeGreaterThan(500);
  expect(letters(cwd).map(({ record }) => record)).toEqual([join(cwd, 'in/a.gz')]);
});

test('steps that are done on bytes do not see what is not UTF-8 either', async () => {
  const text = job(source('text'), 'skip').replace(
    'all: { from: input }',
    "all:\n    from: input\n    steps:\n      - flatMap: line => line.split(' ')",
  );
  const { stdout, code } = await runOnce(folder(text, { data: Buffer.from('a b\nc \xff\nd\n', 'latin1') }));
  expect(printed(stdout)).toEqual(['a', 'b', 'd']);
  expect(code).toBe(0);
});

async function send(port: number, ...pieces: readonly (string | Uint8Array)[]): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  for (const piece of pieces) socket.write(piece);
  socket.end();
  await once(socket, 'close');
}

describe('bad records that come over sockets', () => {
  const listening = (port: number, format: string): string =>
    `socket: { host: 127.0.0.1, port: ${port}, listen: true, format: ${format}, maxRecordBytes: 1KB }`;

  test('go to the stream that is named, wherever they failed', async () => {
    const port = await freePort();
    const cwd = folderWith({ 'job.yaml': job(listening(port, 'json'), '{ to: broken }') });
    const command = start(['run', 'job.yaml'], { cwd });
    await command.seen('stderr', /listening/);
    await send(port, '{"a":', '1}\n{oops\n', `"${'x'.repeat(2000)}"\n`, '2');
    await command.seen('stdout', /^2$/m);
    command.process.kill('SIGINT');
    expect((await command.ended).code).toBe(0);
    expect(printed(command.stdout)).toEqual(['{"a":1}', '2']);
    const found = letters(cwd);
    expect(found.map(({ error }) => /not valid JSON|2 KB long/.exec(error)?.[0]).sort()).toEqual([
      '2 KB long',
      'not valid JSON',
    ]);
    for (const { error, step } of found) {
      expect(error).toContain('127.0.0.1');
      expect(step).toBe('input (socket)');
    }
  });

  test('end the job by default, with the connection named', async () => {
    const port = await freePort();
    const command = start(['run', 'job.yaml'], { cwd: folderWith({ 'job.yaml': job(listening(port, 'json'), '') }) });
    await command.seen('stderr', /listening/);
    await send(port, '{oops\n');
    const { code, stderr } = await command.ended;
    expect(code).toBe(1);
    expect(stderr).toMatch(/bad-record.*input \(socket\).*127\.0\.0\.1.*not valid JSON/);
  });

  test('a byte order mark before the first is no part of it, and one before another is', async () => {
    const port = await freePort();
    const cwd = folderWith({ 'job.yaml': job(listening(port, 'json'), 'skip') });
    const command = start(['run', 'job.yaml'], { cwd });
    await command.seen('stderr', /listening/);
    const mark = Buffer.of(0xef, 0xbb, 0xbf);
    await send(port, mark.subarray(0, 2), mark.subarray(2), '1\n', mark, '2\n3');
    await send(port, mark, '4');
    await command.seen('stdout', /^4$/m);
    command.process.kill('SIGINT');
    expect((await command.ended).code).toBe(0);
    expect(printed(command.stdout)).toEqual(['1', '3', '4']);
  });

  test('each connection has a header of its own', async () => {
    const port = await freePort();
    const command = start(['run', 'job.yaml'], {
      cwd: folderWith({ 'job.yaml': job(listening(port, 'csv'), 'skip') }),
    });
    await command.seen('stderr', /listening/);
    const first = connect(port, '127.0.0.1');
    first.write('a,b\n1,2\n');
    await command.seen('stdout', /"a":"1"/);
    await send(port, 'c\n3\n');
    await command.seen('stdout', /"c":"3"/);
    first.end('4,5\nbad\n6,7');
    await command.seen('stdout', /"a":"6"/);
    command.process.kill('SIGINT');
    expect((await command.ended).code).toBe(0);
    expect(printed(command.stdout)).toEqual([
      '{"a":"1","b":"2"}',
      '{"c":"3"}',
      '{"a":"4","b":"5"}',
      '{"a":"6","b":"7"}',
    ]);
  });
});
