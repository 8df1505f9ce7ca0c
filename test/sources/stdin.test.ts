import { execFile, execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';

const script = fileURLToPath(new URL('./stdinWorker.mjs', import.meta.url));
const reader = `'${process.execPath}' '${script}'`;
const directory = mkdtempSync(join(tmpdir(), 'streamjob-stdin-'));
const big = join(directory, 'big.txt');
const content = Buffer.alloc(20_000_000, 'some line of text\n');
writeFileSync(big, content);
afterAll(() => rmSync(directory, { recursive: true }));

const received = (text: string | Buffer) => ({
  bytes: text.length,
  hash: createHash('sha256').update(text).digest('hex'),
});

/** What a process that runs this shell command tells, until it ends by itself. */
async function told(command: string): Promise<unknown[]> {
  const { stdout } = await promisify(execFile)('sh', ['-c', command], { timeout: 20_000 });
  return parse(stdout);
}

const parse = (output: string): unknown[] =>
  output
    .split(/\r?\n/)
    .filter((line) => /^["{]/.test(line))
    .map((line) => JSON.parse(line));

const hasScript = (): boolean => {
  try {
    return execFileSync('script', ['--version']).includes('util-linux');
  } catch {
    return false;
  }
};

describe('stdin, in a worker thread', () => {
  it.each([
    ['a pipe', `cat ${big} | ${reader}`, 'reading a pipe', content],
    ['a pipe whose writer pauses', `(printf a; sleep 0.1; printf 'b\\n') | ${reader}`, 'reading a pipe', 'ab\n'],
    ['a file', `${reader} < ${big}`, 'reading a file', content],
    [
      'a file from its middle',
      `(dd bs=1000 count=1 of=/dev/null 2>&1; ${reader}) < ${big}`,
      'reading a file',
      content.subarray(1000),
    ],
    ['/dev/null', `${reader} < /dev/null`, 'reading a file', ''],
    ['nothing', `${reader} <&-`, 'reading a file', ''],
  ])('reads %s to its end, and then ends', async (_name, command, kind, text) => {
    expect(await told(command)).toEqual([kind, received(text), 'ended']);
  });

  it('reads a socket', async () => {
    const child = spawn(process.execPath, [script], { stdio: ['pipe', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.on('data', (piece) => {
      output += piece;
    });
    child.stdin.end(content);
    await once(child, 'close');
    expect(parse(output)).toEqual(['reading a pipe', received(content), 'ended']);
  });

  it.skipIf(!hasScript())('reads a terminal until Ctrl-D', async () => {
    const typed = `printf 'hello\\n\\004' | script -qec "${reader}" /dev/null`;
    expect(await told(typed)).toEqual(['reading the terminal, until Ctrl-D', received('hello\n'), 'ended']);
  });

  it('says that a directory is no input', async () => {
    expect(await told(`${reader} < /`)).toEqual(['Standard input cannot be read: it is a directory.']);
  });

  it('takes what has arrived when it is stopped, and does not keep the process alive', async () => {
    const child = spawn(process.execPath, [script, 'stop'], { stdio: ['pipe', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.on('data', (piece) => {
      output += piece;
    });
    child.stdin.write('x'.repeat(50_000));
    await once(child, 'close');
    expect(parse(output)).toEqual(['reading a pipe', received('x'.repeat(50_000)), 'stopped']);
  });
});
