import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { StreamingContext } from '#src/index.ts';
import type { JobListener } from '#src/run/events.ts';
import { eventually } from './harness.ts';

/** Whoever connects to it. */
async function listening() {
  const server = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const connected = once(server, 'connection') as Promise<[Socket]>;
  return { port: (server.address() as AddressInfo).port, connected };
}

test('before a sink that takes as long as five batches no more than one empty batch waits, in front of what comes', async () => {
  let waiting = 0;
  let completed = 0;
  /** How many batches waited when one was planned. */
  const ahead = new Set<number>();
  const records: number[] = [];
  const listener: JobListener = {
    batchSubmitted: () => void ahead.add(waiting++),
    batchStarted: () => void waiting--,
    batchCompleted: ({ recordsIn }) => {
      completed++;
      records.push(...(recordsIn?.values() ?? []));
    },
  };
  const { port, connected } = await listening();
  const context = new StreamingContext({ batchInterval: 20, settings: { threads: 1, blockInterval: 20 }, listener });
  onTestFinished(() => context.stop());
  const lines = context.socketTextStream('127.0.0.1', port);
  lines.foreachRDD(async () => {
    await new Promise((resolve) => setTimeout(resolve, 100));
  });
  await context.start();
  const [socket] = await connected;
  onTestFinished(() => void socket.destroy());
  await eventually(() => completed >= 4);
  socket.write('tea\n');
  await eventually(() => records.includes(1));
  await eventually(() => completed >= 8);
  expect(Math.max(...ahead)).toBeLessThanOrEqual(1);
});
