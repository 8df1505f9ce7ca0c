import { once } from 'node:events';
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, statSync, symlinkSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Command, folderWith, goesOn, start, streamjob } from './command.ts';

const text = (name: string, remember = ''): string => `
name: ${name}
batchInterval: 100ms
checkpoint: false
${remember}
sources:
  numbers:
    rate: { rowsPerSecond: 1000 }
streams:
  words:
    from: numbers
    onError: { to: bad }
    steps:
      - filter: '({ value }) => { if (value % 50 === 7) throw new Error("seven"); return true; }'
      - map: '({ value }) => ["word " + value % 5, 1]'
  counts:
    from: words
    steps:
      - reduceByKey: '(a, b) => a + b'
sinks:
  - from: counts
    files: { path: out/counts, format: json }
  - from: bad
    files: { path: out/bad, format: json }
`;

interface Running {
  readonly job: Command;
  /** What the other commands need to find it. */
  readonly env: NodeJS.ProcessEnv;
  readonly run: string;
  readonly folder: string;
}

/** Runs a job that can be looked into. */
async function running(job = text('looked-at'), name = 'job', given?: NodeJS.ProcessEnv): Promise<Running> {
  const folder = folderWith({ [`${name}.yaml`]: job });
  const env = given ?? { STREAMJOB_RUN_DIR: join(folder, 'run') };
  const command = start(['run', join(folder, `${name}.yaml`), '--threads', '1', '-v', '--log-format', 'text'], { env });
  await command.seen('stderr', /batch .*: [1-9]\d* records/);
  return { job: command, env, run: env.STREAMJOB_RUN_DIR!, folder };
}

describe('streamjob tap', () => {
  it('shows the last records of a source, a stream and what failed, and says how many there were', async () => {
    const { env } = await running();
    const words = await streamjob(['tap', 'words', '--limit', '3', '--batches', '2', '--interval', '1ms'], { env });
    expect(words.code).toBe(0);
    expect(words.stdout).toMatch(/^-- batch \S+: 3 of \d+ records\n(\["word \d",1\]\n){3}-- batch /);
    const numbers = await streamjob(['tap', 'numbers', '--batches', '1', '--format', 'json', '-n', '1'], { env });
    expect(JSON.parse(numbers.stdout)).toMatchObject({ cut: false, record: { value: expect.any(Number) } });
    const bad = await streamjob(['tap', 'bad', '--batches', '1', '--format', 'json', '-n', '1'], { env });
    expect(JSON.parse(bad.stdout)).toMatchObject({ record: { error: 'seven', step: 'words, step 1 (filter)' } });
  });

  it('names the streams that there are', async () => {
    const { env } = await running();
    const { code, stderr } = await streamjob(['tap', 'word'], { env });
    expect(code).toBe(2);
    expect(stderr).toMatch(/unknown-stream {2}The job has no stream "word"\.\s+Did you mean `words`\?/);
  });

  it('goes on for nobody who does not read: the job runs, and whoever reads sees', async () => {
    const { job, env, run } = await running();
    const [name] = readdirSync(run);
    const deaf = connect(join(run, name!));
    onTestFinished(() => void deaf.destroy());
    await once(deaf, 'connect');
    deaf.pause();
    deaf.write(`${JSON.stringify({ ask: 'tap', stream: 'numbers', limit: 1_000, interval: 0 })}\n`);
    await goesOn(job, 20);
    const other = await streamjob(['tap', 'counts', '--batches', '1'], { env });
    expect(other.stdout).toMatch(/^-- batch \S+: 5 records\n/);
    expect(job.stderr).not.toMatch(/warning|error/);
  });

  it('ends when the job does, and leaves no socket behind', async () => {
    const { job, env, run } = await running();
    const tap = start(['tap', 'counts'], { env });
    await tap.seen('stdout', /-- batch/);
    job.process.kill('SIGINT');
    expect((await job.ended).code).toBe(0);
    const { code, stderr } = await tap.ended;
    expect(code).toBe(0);
    expect(stderr).toContain('looked-at has ended.');
    expect(readdirSync(run)).toEqual([]);
  });

  it('ends with Ctrl-C, and the job goes on', async () => {
    const { job, env } = await running();
    const tap = start(['tap', 'counts'], { env });
    await tap.seen('stdout', /-- batch/);
    tap.process.kill('SIGINT');
    expect((await tap.ended).code).toBe(0);
    await goesOn(job, 3);
  });
});

describe('streamjob top', () => {
  it('shows sources, stages, what is kept and batches once where there is no terminal', async () => {
    const { env } = await running();
    const { code, stdout } = await streamjob(['top', 'looked-at'], { env });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^looked-at {2}running, process \d+, since \S+, \S+ MB of memory\na batch every 100ms: /);
    expect(stdout).toMatch(/^numbers \(rate\)\s+listed\s+[\d.]+/m);
    expect(stdout).toMatch(/^words, step 1 \(filter\) /m);
    // Which one that is, is up to the machine.
    expect(stdout.match(/ slowest/g)).toHaveLength(1);
    expect(stdout).toMatch(/^\d\d:\d\d:\d\d +completed +\d+ +\S+ m?s +\S+ m?s$/m);
    expect(stdout).not.toContain('\x1b');
  });

  it('lists the jobs if several run, tells two of one name apart, and says if none runs', async () => {
    const one = await running(text('twin'), 'one');
    const two = await running(text('twin'), 'two', one.env);
    const listed = await streamjob(['top'], one);
    expect(listed.stdout.match(/^twin {2}process \d+/gm)).toHaveLength(2);
    const unclear = await streamjob(['tap', 'words', '--job', 'twin'], one);
    expect(unclear.code).toBe(2);
    expect(unclear.stderr).toMatch(/2 jobs twin are running: twin \(process \d+\), twin \(process \d+\)/);
    const byFile = await streamjob(['top', join(two.folder, 'two.yaml'), '--json'], one);
    expect(JSON.parse(byFile.stdout)).toMatchObject({ name: 'twin', pid: two.job.process.pid });
    const byProcess = await streamjob(['top', String(one.job.process.pid), '--json'], one);
    expect(JSON.parse(byProcess.stdout)).toMatchObject({ file: join(one.folder, 'one.yaml') });
    const elsewhere = { STREAMJOB_RUN_DIR: join(one.folder, 'nowhere') };
    expect((await streamjob(['top'], { env: elsewhere })).stdout).toBe('No job of yours is running.\n');
    const missing = await streamjob(['tap', 'words'], { env: elsewhere });
    expect([missing.code, missing.stderr]).toEqual([2, expect.stringContaining('No job of yours is running.')]);
  });
});

describe('streamjob slice', () => {
  it('shows what a stream gave, as long as it is remembered', async () => {
    const { env } = await running(text('looked-at', 'remember: 60s'));
    const { code, stdout } = await streamjob(['slice', 'counts', '--last', '60s', '--format', 'json'], { env });
    expect(code).toBe(0);
    const records = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(records[0]).toMatchObject({
      batchTime: expect.any(Number),
      record: [expect.stringMatching(/^word /), expect.any(Number)],
    });
    const { batchTime } = records[0];
    const of = (from: number, to: number) =>
      streamjob(['slice', 'counts', '--from', String(from), '--to', String(to)], { env });
    const exactly = await of(batchTime, batchTime);
    expect(exactly.stdout).toMatch(/^-- batch \S+\n(\["word \d",\d+\]\n){1,5}$/);
    expect((await of(batchTime + 1, batchTime + 99)).stdout).toBe(exactly.stdout);
    expect((await of(1, 2)).stdout).toBe('');
  });

  it('says what to do for a job that remembers nothing, and without a time', async () => {
    const { env } = await running();
    const { code, stderr } = await streamjob(['slice', 'counts', '--last', '1s'], { env });
    expect(code).toBe(2);
    expect(stderr).toMatch(/not-supported {2}The batches of counts are not remembered\.\s+Set `remember: 60s`/);
    expect((await streamjob(['slice', 'counts'], { env })).stderr).toContain('--last 30s');
  });
});

describe('the socket of a job', () => {
  it('is for its owner only', async () => {
    const { run } = await running();
    const [name] = readdirSync(run);
    expect(statSync(run).mode & 0o777).toBe(0o700);
    expect(statSync(join(run, name!)).mode & 0o777).toBe(0o600);
  });

  it('is not made in a directory that others can enter, and the job runs without', async () => {
    const folder = folderWith({});
    const open = join(folder, 'open');
    mkdirSync(open);
    chmodSync(open, 0o755);
    const { job } = await running(text('alone'), 'job', { STREAMJOB_RUN_DIR: open });
    expect(job.stderr).toMatch(/nobody can look into the job: .* is not a directory that only you can enter/);
    expect(readdirSync(open)).toEqual([]);
  });

  it('may be reached through a link, and by root in the directory of another user', async () => {
    const folder = folderWith({});
    mkdirSync(join(folder, 'private'), { mode: 0o700 });
    symlinkSync('private', join(folder, 'run'));
    const env = { STREAMJOB_RUN_DIR: join(folder, 'run') };
    await running(text('linked'), 'job', env);
    expect(readdirSync(join(folder, 'private'))).toHaveLength(1);
    if (process.getuid?.() === 0) chownSync(join(folder, 'private'), 12_345, 12_345);
    expect((await streamjob(['top'], { env })).stdout).toMatch(/^linked {2}running, process \d+/);
  });

  it('is taken away if its job was killed', async () => {
    const { job, env, run } = await running();
    job.process.kill('SIGKILL');
    await job.ended;
    expect(readdirSync(run)).toHaveLength(1);
    expect((await streamjob(['top'], { env })).stdout).toBe('No job of yours is running.\n');
    expect(readdirSync(run)).toEqual([]);
  });

  it('refuses what is no request, and does not wait for more of one without an end', async () => {
    const { run } = await running();
    const path = join(run, readdirSync(run)[0]!);
    const answers = await Promise.all([
      said(path, 'nonsense\n'),
      said(path, '{"ask":"stop"}\n'),
      said(path, '{"ask":"tap","stream":"words","limit":-1,"interval":0}\n'),
      said(path, 'x'.repeat(100_000)),
    ]);
    for (const answer of answers) expect(JSON.parse(answer)).toMatchObject({ error: { code: 'bad-usage' } });
    expect(existsSync(path)).toBe(true);
  });

  it('that does not answer is left out', async () => {
    const folder = folderWith({});
    const run = join(folder, 'run');
    mkdirSync(run, { mode: 0o700 });
    const mute = createServer(() => undefined).listen(join(run, '1-mute.sock'));
    onTestFinished(() => void mute.close());
    await once(mute, 'listening');
    expect((await streamjob(['top'], { env: { STREAMJOB_RUN_DIR: run } })).stdout).toBe(
      'No job of yours is running.\n',
    );
  });
});

/** What the other side says to this, until it ends the connection. */
async function said(path: string, request: string): Promise<string> {
  const socket = connect(path);
  socket.on('error', () => undefined);
  let answer = '';
  socket.setEncoding('utf8').on('data', (text: string) => {
    answer += text;
  });
  socket.write(request);
  await once(socket, 'close');
  return answer;
}
