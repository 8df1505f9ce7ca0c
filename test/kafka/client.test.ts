import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { Command } from '../cli/command.ts';

/** Its answer is all that the process waits for. */
const asking = (port: number): string => `
import { openClient } from '${fileURLToPath(new URL('../../dist/kafka/client.js', import.meta.url))}';
const connection = { brokers: [{ host: '127.0.0.1', port: ${port} }], clientId: 'test', connectTimeout: 1000, requestTimeout: 1000 };
await openClient(connection).partitions().catch((error) => console.log(error.code));
`;

test('a process stays alive while it waits for a broker', async () => {
  const deaf = createServer((socket) => void socket.resume().on('error', () => undefined));
  await new Promise<void>((listening) => deaf.listen(0, '127.0.0.1', listening));
  const { port } = deaf.address() as { port: number };
  const command = new Command(process.execPath, ['--input-type=module', '-e', asking(port)], {});
  expect(await command.ended).toMatchObject({ code: 0, stdout: 'broker-unreachable\n' });
  deaf.close();
});
