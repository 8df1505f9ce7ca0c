import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { freePort } from '../cli/command.ts';
import { FaultyJob } from './faultyJob.ts';
import { keepingStreams } from './jobs.ts';
import { numberServer } from './numberServer.ts';

/** What was received is in batches: each safe block in one batch, each number at most once, outputs as the naive engine's. */
async function expectNothingLostOrDoubled(job: FaultyJob): Promise<readonly number[]> {
  const { kept, planned } = await job.blocks();
  const places = (blocks: typeof kept) => blocks.map(({ file, offset }) => `${file} ${offset}`);
  expect(places(planned)).toEqual(places(kept));
  const numbers = [...(await job.logged()).values()]
    .flat()
    .filter((line) => line !== 'bad')
    .map(Number);
  expect(numbers.length).toBe(new Set(numbers).size);
  await job.expectOutputsOfLoggedInput();
  return numbers;
}

const inOrder = (numbers: readonly number[]): readonly number[] => [...numbers].sort((a, b) => a - b);

const places = [
  ...['block.write', 'block.written', 'block.synced'].flatMap((place) => [place, `${place}:5`]),
  ...['journal.torn', 'journal.written', 'journal.synced', 'sink.renamed', 'state.synced', 'compact.renamed'],
];

describe('a job that receives and is killed', () => {
  test('at one place after the other loses no block that was safe, and reads none twice', async () => {
    const job = new FaultyJob(`socket: { host: 127.0.0.1, port: ${await numberServer()} }`, keepingStreams);
    for (const [life, failpoint] of places.entries()) {
      const { signal, stderr } = await job.live(['--threads', `${1 + (life % 3)}`, '--duration', '120s'], {
        failpoint,
      });
      expect([failpoint, signal, stderr]).toEqual([failpoint, 'SIGKILL', '']);
    }
    expect(await job.live(['--batches', '4'])).toMatchObject({ code: 0 });
    const numbers = await expectNothingLostOrDoubled(job);
    expect(numbers).toEqual(inOrder(numbers));
    expect(numbers.length).toBeGreaterThan(100);
  });

  test('by chance, again and again, loses no block that was safe, and reads none twice', async () => {
    const job = new FaultyJob(`socket: { host: 127.0.0.1, port: ${await numberServer()} }`, keepingStreams);
    for (let life = 0; life < 6; life++) {
      const command = job.start(['-v', '--log-format', 'text', '--threads', `${1 + (life % 4)}`]);
      await command.seen('stderr', /batch \d/);
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 400));
      command.process.kill('SIGKILL');
      await command.ended;
      await job.expectOutputsOfLoggedInput();
    }
    expect(await job.live(['--batches', '3'])).toMatchObject({ code: 0 });
    const numbers = await expectNothingLostOrDoubled(job);
    expect(numbers).toEqual(inOrder(numbers));
    expect(numbers.length).toBeGreaterThan(100);
  });

  test('from webhooks, has every record whose request was answered', async () => {
    const port = await freePort();
    const job = new FaultyJob(`http: { host: 127.0.0.1, port: ${port} }`);
    const answered: number[] = [];
    let next = 0;
    const post = async (): Promise<void> => {
      const number = next++;
      const response = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body: `${number}\n` }).catch(
        () => undefined,
      );
      if (response?.ok) answered.push(number);
    };
    for (let life = 0; life < 4; life++) {
      const command = job.start(['-v', '--log-format', 'text', '--threads', `${1 + (life % 2)}`]);
      await command.seen('stderr', /listening|http lines:/);
      for (let i = 0; i < 5 + life; i++) await post();
      const inFlight = Promise.all([post(), post(), post(), post()]);
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 60));
      command.process.kill('SIGKILL');
      await Promise.all([inFlight, command.ended]);
    }
    expect(await job.live(['--batches', '2'])).toMatchObject({ code: 0 });
    const numbers = await expectNothingLostOrDoubled(job);
    expect(answered.filter((number) => !numbers.includes(number))).toEqual([]);
    expect(answered.length).toBeGreaterThan(20);
  });

  test('at standard input, works off what it had received, life after life', async () => {
    const job = new FaultyJob('stdin: {}');
    const inputOf = (life: number) => Array.from({ length: 1_000 }, (_, i) => `${life * 1_000 + i}\n`).join('');
    for (const [life, failpoint] of ['sink.rename', 'journal.torn', 'journal.synced', 'sink.renamed'].entries())
      expect((await job.live([], { failpoint, input: inputOf(life) })).signal).toBe('SIGKILL');
    expect(await job.live([], { input: '' })).toMatchObject({ code: 0 });
    const numbers = await expectNothingLostOrDoubled(job);
    for (let life = 0; life < 4; life++) {
      const received = numbers.filter((number) => Math.floor(number / 1_000) === life);
      expect(received).toEqual(received.map((_, i) => life * 1_000 + i));
    }
    expect(numbers.length).toBeGreaterThan(0);
  });

  test('gives its lock back at once, and while it runs another is refused, or ends quietly', async () => {
    const job = new FaultyJob('stdin: {}');
    const running = job.start(['--log-format', 'text']);
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
