import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { freePort, start } from '../cli/command.ts';
import { FaultyJob } from './faultyJob.ts';

/** Serves numbered lines, one after the other and never the same twice, to whoever is connected. */
async function numberServer(): Promise<{ port: number; sent: () => number }> {
  let next = 0;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
  }).listen(0, '127.0.0.1');
  const timer = setInterval(() => {
    for (const socket of sockets) for (let i = 0; i < 20; i++) socket.write(i === 10 ? 'bad\n' : `${next++}\n`);
  }, 5);
  await once(server, 'listening');
  onTestFinished(() => {
    clearInterval(timer);
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: (server.address() as { port: number }).port, sent: () => next };
}

/** What was received is in batches: each safe block in one batch, each number at most once and in order, outputs as the naive engine's. */
async function expectNothingLostOrDoubled(job: FaultyJob): Promise<number> {
  const { kept, planned } = await job.blocks();
  const places = (blocks: typeof kept) => blocks.map(({ file, offset }) => `${file} ${offset}`);
  expect(places(planned)).toEqual(places(kept));
  const numbers = [...(await job.logged()).values()]
    .flat()
    .filter((line) => line !== 'bad')
    .map(Number);
  expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
  await job.expectOutputsOfLoggedInput();
  return numbers.length;
}

const places = [
  ...['block.write', 'block.written', 'block.sync', 'block.synced'].flatMap((place) => [place, `${place}:5`]),
  ...['journal.torn', 'journal.written', 'journal.synced', 'sink.rename', 'sink.renamed', 'compact.renamed'],
];

describe('a job that receives and is killed', () => {
  test.each(places)('at %s loses no block that was safe, and reads none twice', async (failpoint) => {
    const { port } = await numberServer();
    const job = new FaultyJob(`socket: { host: 127.0.0.1, port: ${port} }`);
    const first = await job.live(['--threads', '1', '--duration', '20s'], { failpoint });
    expect(first.signal).toBe('SIGKILL');
    expect(await job.live(['--threads', '2', '--batches', '4'])).toMatchObject({ code: 0 });
    expect(await expectNothingLostOrDoubled(job)).toBeGreaterThan(0);
  });

  test('by chance, again and again, loses no block that was safe, and reads none twice', async () => {
    const { port } = await numberServer();
    const job = new FaultyJob(`socket: { host: 127.0.0.1, port: ${port} }`);
    for (let life = 0; life < 5; life++) {
      const args = ['run', 'job.yaml', '-v', '--log-format', 'text', '--threads', String(1 + (life % 3))];
      const command = start(args, { cwd: job.folder, env: job.env() });
      await command.seen('stderr', /batch \d/);
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 300));
      command.process.kill('SIGKILL');
      await command.ended;
    }
    expect(await job.live(['--batches', '3'])).toMatchObject({ code: 0 });
    expect(await expectNothingLostOrDoubled(job)).toBeGreaterThan(100);
  });

  test('from webhooks, has every record whose request was answered', async () => {
    const port = await freePort();
    const job = new FaultyJob(`http: { host: 127.0.0.1, port: ${port} }`);
    const answered: number[] = [];
    for (let life = 0, next = 0; life < 3; life++) {
      const args = ['run', 'job.yaml', '-v', '--log-format', 'text', '--threads', String(1 + (life % 2))];
      const command = start(args, { cwd: job.folder, env: job.env() });
      await command.seen('stderr', /listening|http lines:/);
      for (const end = next + 5 + life; next < end; next++) {
        const response = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body: `${next}\n` });
        if (response.ok) answered.push(next);
      }
      command.process.kill('SIGKILL');
      await command.ended;
    }
    expect(await job.live(['--batches', '2'])).toMatchObject({ code: 0 });
    expect(await expectNothingLostOrDoubled(job)).toBe(answered.length);
  });

  test('at standard input, works off what it had received', async () => {
    const job = new FaultyJob('stdin: {}');
    const input = Array.from({ length: 1_000 }, (_, i) => `${i}\n`).join('');
    const first = await job.live([], { failpoint: 'sink.rename', input });
    expect(first.signal).toBe('SIGKILL');
    expect(await job.live([], { input: '' })).toMatchObject({ code: 0 });
    expect(await expectNothingLostOrDoubled(job)).toBe(1_000);
  });

  test('gives its lock back at once, and while it runs another is refused, or ends quietly', async () => {
    const job = new FaultyJob('stdin: {}');
    const running = start(['run', 'job.yaml', '--log-format', 'text'], { cwd: job.folder });
    await running.seen('stderr', /started/);
    const second = await job.live([], { input: '' });
    expect(second).toMatchObject({ code: 3, stderr: expect.stringContaining(`process ${running.process.pid} on`) });
    expect(await job.live(['--skip-if-running'], { input: '' })).toMatchObject({ code: 0 });
    running.process.kill('SIGKILL');
    await running.ended;
    expect(await job.live([], { input: '' })).toMatchObject({ code: 0 });
    expect(existsSync(join(job.checkpoint, 'lock'))).toBe(true);
  });
});
