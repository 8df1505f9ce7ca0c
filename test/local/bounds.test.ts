import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { type Command, folderWith, printed, start, streamjob } from '../cli/command.ts';

const listening = (more: { settings: string; steps: string }): string => `batchInterval: 50ms
settings: { threads: 2, blockInterval: 20ms, ${more.settings} }
sources: { lines: { socket: { listen: true, host: 127.0.0.1, port: 0 } } }
streams: { out: { from: lines, steps: ${more.steps} } }
sinks: [{ from: out, print: {} }]
`;

/** A partition takes at least so many milliseconds. */
const slowly = (ms: number): string =>
  `{ mapPartitions: 'lines => { if (lines.length > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ${ms}); return lines; }' }`;

async function sender(command: Command) {
  await command.seen('stderr', /127\.0\.0\.1:\d+/);
  const socket = connect(Number(/127\.0\.0\.1:(\d+)/.exec(command.stderr)?.[1]), '127.0.0.1');
  await once(socket, 'connect');
  return socket;
}

const total = (stdout: string): number => printed(stdout).reduce((sum, line) => sum + Number(line), 0);

async function counted(command: Command, lines: number): Promise<void> {
  while (total(command.stdout) < lines) await once(command.process.stdout, 'data');
}

describe('a sender at full speed into a job that is slow', () => {
  test.each([
    ['within memoryLimit', 'memoryLimit: 2MB'],
    ['with back-pressure', 'memoryLimit: 2MB, backpressure: true'],
  ])('is paused, and nothing is lost: %s', async (_, settings) => {
    const lines = 150_000;
    const cwd = folderWith({ 'job.yaml': listening({ settings, steps: `[${slowly(60)}, count]` }) });
    const command = start(['run', 'job.yaml'], { cwd });
    const socket = await sender(command);
    const line = `${'x'.repeat(99)}\n`;
    for (let i = 0; i < 100; i++) if (!socket.write(line.repeat(lines / 100))) await once(socket, 'drain');
    socket.end();
    await counted(command, lines);
    command.process.kill('SIGTERM');
    const { code, stdout } = await command.ended;
    expect(total(stdout)).toBe(lines);
    expect(code).toBe(0);
  });
});

describe('memoryLimit', () => {
  test('a shuffle that does not fit says so, with its step', async () => {
    const job = `batchInterval: 20ms
settings: { threads: 2, memoryLimit: 2MB, taskRetries: 0 }
sources: { numbers: { queue: { batches: [[1, 2, 3, 4]] } } }
streams: { out: { from: numbers, steps: [{ flatMap: 'n => Array.from({ length: 100 }, (_, i) => [n * 1000 + i, "x".repeat(1e4)])' }, groupByKey, count] } }
sinks: [{ from: out, print: {} }]
`;
    const { code, stdout, stderr } = await streamjob(['run', 'job.yaml', '--batches', '1', '--log-format', 'text'], {
      cwd: folderWith({ 'job.yaml': job }),
    });
    expect(stderr).toContain('memory-limit');
    expect(stderr).toContain('job.yaml:4:');
    expect(stderr).toContain('settings.memoryLimit');
    expect(printed(stdout)).toEqual([]);
    expect(code).toBe(1);
  });

  test('blocks that fill their share of the memory leave room for their shuffle', async () => {
    const steps = "[{ map: 'line => [line.slice(0, 8), line]' }, { repartition: 2 }, count]";
    const cwd = folderWith({ 'job.yaml': listening({ settings: 'memoryLimit: 8MB', steps }) });
    const command = start(['run', 'job.yaml'], { cwd });
    const socket = await sender(command);
    const lines = 50_000;
    for (let i = 0; i < 50; i++)
      if (!socket.write(`${'y'.repeat(99)}\n`.repeat(lines / 50))) await once(socket, 'drain');
    socket.end();
    await counted(command, lines);
    command.process.kill('SIGTERM');
    expect((await command.ended).code).toBe(0);
  });
});

test('a receiver that ends its thread ends the job with an error', async () => {
  const job = `batchInterval: 20ms
functions: receivers.mjs
sources: { lines: { receiver: Fatal } }
sinks: [{ from: lines, print: {} }]
`;
  const receivers = 'export class Fatal { onStart() { setTimeout(() => process.exit(5), 50); } onStop() {} }';
  const { code, stderr } = await streamjob(['run', 'job.yaml', '--log-format', 'text'], {
    cwd: folderWith({ 'job.yaml': job, 'receivers.mjs': receivers }),
  });
  expect(stderr).toContain('The thread of the receivers died');
  expect(stderr).toContain('process.exit(5)');
  expect(code).toBe(1);
});
