import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { StreamjobError } from '#src/base/errors.ts';
import socket from '#src/sources/socket.ts';
import { Receiving, receiving } from './receiving.ts';

type Config = Parameters<NonNullable<typeof socket.receiver>>[0];

const open: (Server | Socket)[] = [];
afterEach(() => {
  for (const one of open.splice(0)) 'close' in one ? one.close() : one.destroy();
});

const configure = (more: Partial<Config>): Config => ({
  host: '127.0.0.1',
  port: 0,
  listen: false,
  format: { name: 'text', config: {} },
  delimiter: '\n',
  maxRecordBytes: 1e6,
  reconnect: { min: 20, max: 40 },
  ...more,
});

/** A server and its clients as they come. */
async function serve(port = 0): Promise<{ server: Server; port: number; client(): Promise<Socket> }> {
  const server = createServer();
  open.push(server);
  const clients: Socket[] = [];
  server.on('connection', (client) => {
    clients.push(client);
    client.on('error', () => {});
    server.emit('client');
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const client = async (): Promise<Socket> => {
    while (clients.length === 0) await once(server, 'client');
    return clients.shift() as Socket;
  };
  return { server, port: (server.address() as AddressInfo).port, client };
}

async function dial(port: number, host = '127.0.0.1'): Promise<Socket> {
  const client = connect(port, host);
  open.push(client);
  client.on('error', () => {});
  await once(client, 'connect');
  return client;
}

const listening = async (host: Receiving): Promise<number> => Number((await host.said(/^listening/)).split(':').at(-1));

describe('socket that connects', () => {
  it('receives, and ends its channel when the peer closes', async () => {
    const { port, client } = await serve();
    const host = new Receiving();
    await receiving(socket.receiver!(configure({ port }), host), async () => {
      (await client()).end('grün\nblau');
      await host.until(() => host.channels[0]?.ended === true);
      expect(host.text).toBe('grün\nblau');
      expect(host.states[0]).toEqual(['active', `connected to 127.0.0.1:${port}`]);
      await host.said(/went away \(it closed the connection\), next try in 20ms/);
    });
  });

  it('says what it waits for, connects when it comes, and connects again', async () => {
    const { server, port } = await serve();
    server.close();
    await once(server, 'close');
    const host = new Receiving();
    await receiving(socket.receiver!(configure({ port }), host), async () => {
      await host.said(new RegExp(`^waiting for 127.0.0.1:${port} \\(connection refused\\), next try in 20ms$`));
      await host.said(/next try in 40ms/);
      const { client } = await serve(port);
      (await client()).end('one\n');
      (await client()).end('two\n');
      await host.until(() => host.text === 'one\ntwo\n' && host.channels.every(({ ended }) => ended));
      expect(host.channels).toHaveLength(2);
    });
    expect(host.failures).toEqual([]);
  });

  it('goes on after a connection that was reset', async () => {
    const { port, client } = await serve();
    const host = new Receiving();
    await receiving(socket.receiver!(configure({ port }), host), async () => {
      const first = await client();
      first.write('one\n');
      await host.until(() => host.text === 'one\n');
      first.resetAndDestroy();
      await host.said(/went away \(connection reset\)/);
      (await client()).write('two\n');
      await host.until(() => host.text === 'one\ntwo\n');
    });
  });

  it('stops while it waits for the next try', async () => {
    const { server, port } = await serve();
    server.close();
    const host = new Receiving();
    await receiving(socket.receiver!(configure({ port, reconnect: { min: 1e6, max: 1e6 } }), host), async () => {
      await host.said(/^waiting/);
    });
  });

  it('pauses the peer while memory is full, and loses nothing', async () => {
    const { port, client } = await serve();
    const host = new Receiving();
    host.full = true;
    const text = 'x'.repeat(64e6);
    await receiving(socket.receiver!(configure({ port }), host), async () => {
      const peer = await client();
      peer.end(text);
      await host.until(() => host.text.length > 0);
      for (let i = 0; i < 100; i++) await setImmediate();
      expect(host.text.length).toBeLessThan(100_000);
      expect(peer.writableFinished).toBe(false);
      host.makeRoom();
      await host.until(() => host.channels[0]?.ended === true);
      expect(host.text.length).toBe(text.length);
    });
  });

  it('takes what had arrived when it was stopped', async () => {
    const { port, client } = await serve();
    const host = new Receiving();
    const receiver = socket.receiver!(configure({ port }), host);
    await receiver.start();
    const peer = await client();
    await host.said(/^connected/);
    await new Promise<void>((resolve) => peer.write('x'.repeat(300_000), () => resolve()));
    await receiver.stop();
    expect(host.text.length).toBe(300_000);
    expect(host.channels[0]?.ended).toBe(true);
  });

  it('takes what had arrived when it was stopped while memory was full', async () => {
    const { port, client } = await serve();
    const host = new Receiving();
    host.full = true;
    const receiver = socket.receiver!(configure({ port }), host);
    await receiver.start();
    const peer = await client();
    await host.said(/^connected/);
    peer.write('x');
    await host.until(() => host.text.length === 1);
    await new Promise<void>((resolve) => peer.write('y'.repeat(100_000), () => resolve()));
    await receiver.stop();
    expect(host.text.length).toBe(100_001);
  });
});

describe('socket that listens', () => {
  it('takes several clients at once, each as a channel of its own', async () => {
    const host = new Receiving();
    await receiving(socket.receiver!(configure({ listen: true }), host), async () => {
      const port = await listening(host);
      const clients = [await dial(port), await dial(port), await dial(port)];
      clients.forEach((client, i) => void client.write(`${i} `));
      await host.until(() => host.text.length === 6);
      clients.forEach((client, i) => void client.end(`end ${i}`));
      await host.until(() => host.channels.length === 3 && host.channels.every(({ ended }) => ended));
      expect(host.channels.map((channel) => channel.bytes()).sort()).toEqual(['0 end 0', '1 end 1', '2 end 2']);
      await host.said(/no client is connected/);
    });
  });

  it('on localhost listens on both addresses', async () => {
    const host = new Receiving();
    await receiving(socket.receiver!(configure({ listen: true, host: 'localhost' }), host), async () => {
      const port = await listening(host);
      (await dial(port)).end('four');
      await host.until(() => host.text === 'four');
      const six = await dial(port, '::1').catch((error: NodeJS.ErrnoException) => error.code);
      // A machine without IPv6 has one address less.
      if (typeof six === 'string') return expect(six).toMatch(/EADDRNOTAVAIL|EAFNOSUPPORT|ENETUNREACH/);
      six?.end('six');
      await host.until(() => host.text === 'foursix');
    });
  });

  it('says that the port is taken', async () => {
    const { port } = await serve();
    const error = await socket.receiver!(configure({ listen: true, port }), new Receiving())
      .start()
      .catch((e: StreamjobError) => e);
    expect(error).toMatchObject({
      code: 'port-taken',
      message: `Cannot listen on 127.0.0.1:${port}: another process listens there.`,
    });
  });

  it('says that an address is not its own', async () => {
    const receiver = socket.receiver!(configure({ listen: true, host: '192.0.2.1', port: 9999 }), new Receiving());
    await expect(receiver.start()).rejects.toThrow(/192.0.2.1:9999: this machine does not have that address/);
  });

  it('when stopped takes what had arrived, also of a client not yet seen, and frees its port', async () => {
    const host = new Receiving();
    const receiver = socket.receiver!(configure({ listen: true }), host);
    await receiver.start();
    const port = await listening(host);
    const client = await dial(port);
    await new Promise<void>((resolve) => client.write('x'.repeat(300_000), () => resolve()));
    // While this waits for another process, nothing here can see its connection.
    const sender = `require('net').connect(${port}, '127.0.0.1').end('late', () => process.exit())`;
    execFileSync(process.execPath, ['-e', sender]);
    await receiver.stop();
    expect(host.text.length).toBe(300_004);
    await serve(port);
  });

  it('is not kept from stopping by a client that never stops sending', async () => {
    const host = new Receiving();
    const receiver = socket.receiver!(configure({ listen: true }), host);
    await receiver.start();
    const client = await dial(await listening(host));
    const send = (): void => void (client.destroyed || client.write('x'.repeat(100_000), send));
    send();
    await host.until(() => host.text.length > 0);
    await receiver.stop();
    expect(host.channels[0]?.ended).toBe(true);
  });
});
