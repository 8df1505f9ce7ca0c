import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bin, Command, folderWith, start } from './command.ts';

const job = `
name: 単語
batchInterval: 100ms
checkpoint: false
sources:
  numbers:
    rate: { rowsPerSecond: 100 }
streams:
  counts:
    from: numbers
    steps:
      - map: '({ value }) => [value % 3, 1]'
      - reduceByKeyAndWindow: { reduce: '(a, b) => a + b', length: 1s }
sinks:
  - from: counts
    print: 1
`;

/** Runs the job in a terminal of so many columns, of which all output is in `stdout`. */
function atTerminal(args: string, columns = 100, env: NodeJS.ProcessEnv = {}): Command {
  const folder = folderWith({ 'job.yaml': job });
  const run = `stty cols ${columns} rows 30; exec ${process.execPath} ${bin} run ${join(folder, 'job.yaml')} -t 1 ${args}`;
  return new Command('script', ['-qefc', run, '/dev/null'], {
    env: { TERM: 'xterm', FORCE_COLOR: undefined, STREAMJOB_RUN_DIR: join(folder, 'run'), ...env },
  });
}

const esc = '\x1b';

/** What is to be seen at the end: the terminal's lines, without colours. */
function screen(output: string): readonly string[] {
  const lines = [''];
  let column = 0;
  const plain = output.replaceAll(new RegExp(`${esc}\\[[\\d;]*m`, 'g'), '');
  for (const part of plain.match(new RegExp(`${esc}\\[J|[\\r\\n]|[^\\r\\n${esc}]+|${esc}`, 'g')) ?? []) {
    const line = lines.at(-1)!;
    if (part === '\r') column = 0;
    else if (part === '\n') lines.push('');
    else if (part === `${esc}[J`) lines[lines.length - 1] = line.slice(0, column);
    else {
      lines[lines.length - 1] = line.slice(0, column) + part + line.slice(column + part.length);
      column += part.length;
    }
  }
  return lines;
}

const status =
  /単語 {2}\d\d:\d\d:\d\d {2}[\d.]+ records\/s {2}\d+ ms of 100 ms {2}delay \d+ m?s {2}\d+ waiting {2}3 keys/;

describe('the status line', () => {
  it('is at the end of the terminal while the job runs, below all that is printed, and gone after it', async () => {
    const command = atTerminal('--batches 25');
    await command.seen('stdout', status);
    const { code, stdout } = await command.ended;
    expect(code).toBe(0);
    const lines = screen(stdout);
    expect(lines.filter((line) => /records\/s/.test(line))).toEqual([]);
    const torn = lines.filter(
      (line) => !/^$|^-{43}$|^Time: \d+ ms$|^\[\d,\d+\]$|^\.\.\.$|^\d\d:\d\d:\d\d (単語|stopping)/.test(line),
    );
    expect(torn).toEqual([]);
    expect(lines.filter((line) => line.startsWith('Time: '))).toHaveLength(25);
    expect(stdout).not.toContain(`${esc}[?25l`);
  });

  it('keeps within a narrow terminal, whole characters only', async () => {
    const command = atTerminal('--batches 8', 20);
    const { stdout } = await command.ended;
    const drawn = stdout.split(/\r\n|\r/).filter((line) => line.includes('単語  '));
    expect(drawn.length).toBeGreaterThan(0);
    for (const line of drawn) expect(line).not.toContain('�');
    expect(stdout).toMatch(/単語 {2}\S+ *…/);
  });

  it('has no colours with NO_COLOR, and is left out with --quiet, a JSON log and a dumb terminal', async () => {
    const [plain, quiet, json, dumb] = await Promise.all([
      atTerminal('--batches 5', 100, { NO_COLOR: '1' }).ended,
      atTerminal('--batches 5 --quiet').ended,
      atTerminal('--batches 5 --log-format json').ended,
      atTerminal('--batches 5', 100, { TERM: 'dumb' }).ended,
    ]);
    expect(plain.stdout).toContain('records/s');
    expect(plain.stdout).not.toMatch(new RegExp(`${esc}\\[[\\d;]*m`));
    for (const { stdout } of [quiet, json, dumb]) expect(stdout).not.toContain('records/s');
  });

  it('is not in a pipe', async () => {
    const folder = folderWith({ 'job.yaml': job });
    const { stdout, stderr } = await start(['run', join(folder, 'job.yaml'), '-t', '1', '--batches', '5']).ended;
    expect(stdout + stderr).not.toMatch(new RegExp(`${esc}|records/s`));
  });

  it('goes before the terminal is given back after Ctrl-C', async () => {
    const command = atTerminal('');
    await command.seen('stdout', status);
    command.process.stdin.write('\x03');
    const { code, stdout } = await command.ended;
    expect(code).toBe(0);
    expect(screen(stdout).at(-2)).toMatch(/単語 ended: \d+ batches/);
    expect(screen(stdout).at(-1)).toBe('');
  });

  it('has a bar while files are worked off with --once', async () => {
    const line = 'some words\n'.repeat(2_000);
    const files = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`f${i}.log`, line]));
    const folder = folderWith({
      ...files,
      'once.yaml': `
batchInterval: 100ms
checkpoint: false
sources: { lines: { files: { path: '*.log', minAge: 0s, maxFilesPerBatch: 1 } } }
streams: { slow: { from: lines, steps: [{ mapPartitions: 'lines => { const end = Date.now() + 60; while (Date.now() < end); return lines; }' }, { count: {} }] } }
sinks: [{ from: slow, files: { path: out, format: json } }]
`,
    });
    const run = `exec ${process.execPath} ${bin} run ${join(folder, 'once.yaml')} --once -t 1`;
    const env = { TERM: 'xterm', STREAMJOB_RUN_DIR: join(folder, 'run') };
    const { code, stdout } = await new Command('script', ['-qefc', run, '/dev/null'], { env }).ended;
    expect(code).toBe(0);
    expect(stdout).toMatch(/once {2}█+░+ \d+ % of 660 kB, \d+(\.\d)? m?s left/);
    expect(new Set([...stdout.matchAll(/ % of (\d+ \w+)/g)].map(([, total]) => total))).toEqual(new Set(['660 kB']));
  });
});

describe('equal log lines', () => {
  it('are written once, and counted', async () => {
    const settings = job.replace(
      'checkpoint: false',
      'checkpoint: false\nsettings: { onBatchFailure: continue, taskRetries: 0 }',
    );
    const text = settings.replace("'({ value }) => [value % 3, 1]'", `'({ value }) => { throw new Error("again") }'`);
    const folder = folderWith({ 'job.yaml': text });
    const { stderr } = await start(['run', join(folder, 'job.yaml'), '-t', '1', '--batches', '12']).ended;
    const lines = stderr
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const errors = lines.filter(({ level }) => level === 'error');
    expect(errors[0]).toMatchObject({ code: 'step-failed', msg: expect.stringContaining('again') });
    const more = errors.filter((line) => 'more' in line);
    expect(more.length).toBeGreaterThan(0);
    expect(more[0].msg).toMatch(/^… and \d+ more in the last 10 s: counts, step 1 \(map\): Error: again/);
    const failed = Number(/(\d+) of them failed/.exec(lines.at(-1).msg)?.[1]);
    const counted = errors.reduce((sum, line) => sum + (line.more ?? 1), 0);
    expect(counted).toBe(failed);
  });
});
