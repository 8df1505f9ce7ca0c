import { spawnSync } from 'node:child_process';
import { on, once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { Command, folderWith, freePort, printed, start } from './command.ts';

const wordcount = (socket: string): string => `name: words
batchInterval: 50ms
settings: { blockInterval: 20ms }
sources: { lines: { socket: ${socket} } }
streams:
  counts:
    from: lines
    steps:
      - flatMap: line => line.split(' ')
      - countByValue
sinks: [{ from: counts, print: { limit: 100 } }]
`;

const hasNetcat = spawnSync('nc', ['-h']).error === undefined;

async function listen(port = 0): Promise<{ server: Server; port: number; sockets: Socket[] }> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket.on('error', () => {}));
  }).listen(port, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  return { server, port: typeof address === 'object' && address ? address.port : 0, sockets };
}

/** The sum over all batches: words may fall into any. */
function totals(stdout: string): Record<string, number> {
  const sum: Record<string, number> = {};
  for (const line of printed(stdout)) {
    const [word, n] = JSON.parse(line) as [string, number];
    sum[word] = (sum[word] ?? 0) + n;
  }
  return sum;
}

describe('a socket that connects', () => {
  test('counts what a server sends, and SIGINT processes what has arrived', async () => {
    const { server, port } = await listen();
    const cwd = folderWith({ 'job.yaml': wordcount(`{ host: 127.0.0.1, port: ${port} }`) });
    const command = start(['run', 'job.yaml'], { cwd });
    const [socket] = (await once(server, 'connection')) as [Socket];
    socket.write('to be or not to be\nto b');
    await command.seen('stdout', /\["not",1\]/);
    socket.write('e late\n');
    await command.seen('stdout', /\["late",1\]/);
    command.process.kill('SIGINT');
    const { code, stdout, stderr } = await command.ended;
    expect(totals(stdout)).toEqual({ to: 3, be: 3, or: 1, not: 1, late: 1 });
    expect(stderr).toContain('stopping');
    expect(code).toBe(0);
  });

  test('waits for the server, says so, and connects again when it went away', async () => {
    const port = await freePort();
    const cwd = folderWith({ 'job.yaml': wordcount(`{ host: 127.0.0.1, port: ${port}, reconnect: { min: 50ms } }`) });
    const command = start(['run', 'job.yaml'], { cwd });
    await command.seen('stderr', new RegExp(`socket lines: .*127.0.0.1:${port}.*ECONNREFUSED|waiting`));
    const { server } = await listen(port);
    const connections = on(server, 'connection');
    const next = async (): Promise<Socket> => (await connections.next()).value[0];
    (await next()).end('one\n');
    await command.seen('stdout', /\["one",1\]/);
    (await next()).write('two\n');
    await command.seen('stdout', /\["two",1\]/);
    command.process.kill('SIGTERM');
    expect((await command.ended).code).toBe(0);
  });

  test.runIf(hasNetcat)('counts what is typed into nc', async () => {
    const port = await freePort();
    const netcat = new Command('nc', ['-l', '-k', '127.0.0.1', String(port)]);
    const cwd = folderWith({ 'job.yaml': wordcount(`{ host: 127.0.0.1, port: ${port}, reconnect: { min: 50ms } }`) });
    const command = start(['run', 'job.yaml'], { cwd });
    netcat.process.stdin.write('hello nc\n');
    await command.seen('stdout', /\["hello",1\]/);
    command.process.kill('SIGINT');
    expect((await command.ended).code).toBe(0);
  });
});

describe('a socket that listens', () => {
  test('takes several clients at once', async () => {
    const cwd = folderWith({ 'job.yaml': wordcount('{ listen: true, host: 127.0.0.1, port: 0 }') });
    const command = start(['run', 'job.yaml'], { cwd });
    await command.seen('stderr', /127\.0\.0\.1:\d+/);
    const port = Number(/127\.0\.0\.1:(\d+)/.exec(command.stderr)?.[1]);
    const clients = await Promise.all(
      [1, 2, 3].map(async () => {
        const socket = connect(port, '127.0.0.1');
        await once(socket, 'connect');
        return socket;
      }),
    );
    for (const [i, client] of clients.entries()) client.end(`word only${i} ${'x '.repeat(1000)}end`);
    for (const i of [0, 1, 2]) await command.seen('stdout', new RegExp(`"only${i}"`));
    command.process.kill('SIGINT');
    const { code, stdout } = await command.ended;
    expect(totals(stdout)).toEqual({ word: 3, only0: 1, only1: 1, only2: 1, x: 3000, end: 3 });
    expect(code).toBe(0);
  });

  test.each(['socket: { listen: true, host', 'http: { host'])(
    'a port that is taken ends with 3: %s',
    async (source) => {
      const { port } = await listen();
      const job = wordcount('').replace('socket: ', `${source}: 127.0.0.1, port: ${port} }`);
      const cwd = folderWith({ 'job.yaml': job });
      const command = start(['run', 'job.yaml', '--log-format', 'text'], { cwd });
      const { code, stderr } = await command.ended;
      expect(stderr).toContain('port-taken');
      expect(code).toBe(3);
    },
  );
});

describe('signals', () => {
  test.each([
    { signal: 'SIGINT', code: 130 },
    { signal: 'SIGTERM', code: 143 },
  ] as const)('a second $signal ends at once with $code', async ({ signal, code }) => {
    const endless = `batchInterval: 20ms
sources: { numbers: { queue: { batches: [[1]] } } }
streams: { out: { from: numbers, steps: [{ map: '() => { console.error("busy"); for (;;); }' }] } }
sinks: [{ from: out, print: {} }]
`;
    const cwd = folderWith({ 'job.yaml': endless });
    const command = start(['run', 'job.yaml'], { cwd });
    await command.seen('stderr', /busy/);
    command.process.kill(signal);
    await command.seen('stderr', /stopping/);
    command.process.kill(signal);
    const ended = await command.ended;
    // A thread that takes a second to be stopped is left to the signal itself, for which a shell gives the same code.
    expect([code, signal]).toContain(ended.code ?? ended.signal);
  });

  test('everything that was received is processed before the end', async () => {
    const { server, port } = await listen();
    const cwd = folderWith({ 'job.yaml': wordcount(`{ host: 127.0.0.1, port: ${port} }`).replace('50ms', '1h') });
    const command = start(['run', 'job.yaml', '-v'], { cwd });
    const [socket] = (await once(server, 'connection')) as [Socket];
    socket.end(`${'word '.repeat(9)}word\n`.repeat(10_000));
    await once(socket, 'close');
    await command.seen('stderr', /"state":"(idle|waiting)"/);
    command.process.kill('SIGTERM');
    const { code, stdout } = await command.ended;
    expect(totals(stdout)).toEqual({ word: 100_000 });
    expect(code).toBe(0);
  });
});
