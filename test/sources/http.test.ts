import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import http from '#src/sources/http.ts';
import { Receiving, receiving } from './receiving.ts';

type Config = Parameters<NonNullable<typeof http.receiver>>[0];

const configure = (more: Partial<Config> = {}): Config => ({
  host: '127.0.0.1',
  port: 0,
  path: '/',
  format: { name: 'json', config: {} },
  delimiter: '\n',
  maxRecordBytes: 1e6,
  maxBodyBytes: 1000,
  onInvalid: 'refuse',
  ...more,
});

/** Runs the source for the length of a test, which gets its URL. */
async function serving(
  more: Partial<Config>,
  test: (url: string, host: Receiving) => Promise<void>,
  host = new Receiving(),
): Promise<void> {
  await receiving(http.receiver!(configure(more), host), async () => {
    await test((await host.said(/^listening on/)).replace('listening on ', ''), host);
  });
  expect(host.failures).toEqual([]);
}

const post = (url: string, body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) =>
  fetch(url, { method: 'POST', body, headers });

const listens = (url: string): Promise<boolean> =>
  fetch(url).then(
    async (response) => (await response.text()) !== '',
    () => false,
  );

const json = { 'content-type': 'application/json; charset=utf-8' };

describe('what the http source takes', () => {
  it.each<[string, string, Record<string, string>, string]>([
    ['lines', '1\n{"a":2}\n', {}, '1\n{"a":2}\n'],
    ['NDJSON without a line end', '1\n"ä"', { 'content-type': 'application/x-ndjson' }, '1\n"ä"'],
    ['a list', '[1, {"a": [2]},\n "ä"]', json, '1\n{"a":[2]}\n"ä"\n'],
    ['one value over lines', '{\n  "a": 1\n}', json, '{"a":1}\n'],
    ['an event of CloudEvents', '{"id": 1}', { 'content-type': 'application/cloudevents+json' }, '{"id":1}\n'],
    ['lines that claim to be JSON', '{"a":1}\n{"a":2}\n', json, '{"a":1}\n{"a":2}\n'],
    ['an empty list', '[]', json, ''],
    ['nothing', '', {}, ''],
  ])('takes %s', async (_name, body, headers, taken) => {
    await serving({}, async (url, host) => {
      const response = await post(url, body, headers);
      expect([response.status, await response.text()]).toEqual([200, '']);
      expect(host.text).toBe(taken);
      expect(host.channels.every(({ ended }) => ended)).toBe(true);
    });
  });

  it('takes text as it is, whatever its type', async () => {
    await serving({ format: { name: 'text', config: {} }, onInvalid: 'accept' }, async (url, host) => {
      expect((await post(url, '[not json', json)).status).toBe(200);
      expect(host.text).toBe('[not json');
    });
  });

  it.each([
    ['gzip', gzipSync('[1,2]')],
    ['GZIP', gzipSync('[1,2]')],
    ['deflate', deflateSync('[1,2]')],
  ])('takes a body in %s', async (encoding, body) => {
    await serving({}, async (url, host) => {
      const response = await post(url, new Uint8Array(body), { ...json, 'content-encoding': encoding });
      expect(response.status).toBe(200);
      expect(host.text).toBe('1\n2\n');
    });
  });

  it('answers only when the records are stored', async () => {
    const host = new Receiving();
    host.holding = true;
    await serving(
      {},
      async (url) => {
        let answered = false;
        const answer = post(url, '1').then(() => {
          answered = true;
        });
        await host.until(() => host.text === '1');
        await (await fetch(url)).text();
        expect(answered).toBe(false);
        host.store();
        await answer;
      },
      host,
    );
  });

  it('takes many clients and many requests of one connection', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const send = (port: string, body: string): Promise<number | undefined> =>
      new Promise((resolve, reject) => {
        const sent = request({ port, method: 'POST', agent }, (response) =>
          response.resume().on('end', () => resolve(response.statusCode)),
        );
        sent.on('error', reject).end(body);
      });
    await serving({}, async (url, host) => {
      const { port } = new URL(url);
      const answers = await Promise.all([
        ...Array.from({ length: 20 }, (_, i) => send(port, `"one ${i}"\n`)),
        ...Array.from({ length: 20 }, (_, i) => post(url, `"many ${i}"\n`).then(({ status }) => status)),
      ]);
      expect(new Set(answers)).toEqual(new Set([200]));
      expect(host.text.split('\n').filter(Boolean)).toHaveLength(40);
    });
    agent.destroy();
  });
});

describe('what the http source refuses', () => {
  it.each<[string, number, RegExp, Partial<Config>, () => [string, RequestInit]]>([
    ['another path', 404, /sent to \/in/, { path: '/in' }, () => ['', { method: 'POST', body: '1' }]],
    ['another method', 405, /with POST/, {}, () => ['', { method: 'PUT', body: '1' }]],
    [
      'a request without the token',
      401,
      /Authorization/,
      { token: 'secret' },
      () => ['', { method: 'POST', body: '1' }],
    ],
    [
      'a wrong token',
      401,
      /Authorization/,
      { token: 'secret' },
      () => ['', { method: 'POST', body: '1', headers: { authorization: 'Bearer Secret' } }],
    ],
    ['a large body', 413, /at most 1000 bytes/, {}, () => ['', { method: 'POST', body: '1'.repeat(100_000) }]],
    [
      'a large body that was compressed',
      413,
      /at most 1000 bytes/,
      {},
      () => ['', { method: 'POST', body: gzipSync('1'.repeat(1001)), headers: { 'content-encoding': 'gzip' } }],
    ],
    [
      'a damaged body',
      400,
      /cannot be decompressed/,
      {},
      () => ['', { method: 'POST', body: 'x', headers: { 'content-encoding': 'gzip' } }],
    ],
    [
      'an unknown encoding',
      415,
      /Content-Encoding br/,
      {},
      () => ['', { method: 'POST', body: 'x', headers: { 'content-encoding': 'br' } }],
    ],
    ['a line that is not JSON', 400, /not valid JSON/, {}, () => ['', { method: 'POST', body: '1\n{\n2' }]],
    [
      'a list that is not JSON',
      400,
      /body is not valid JSON/,
      {},
      () => ['', { method: 'POST', body: '[1,', headers: json }],
    ],
    [
      'JSON that is not UTF-8',
      400,
      /body is not valid JSON: it is not UTF-8/,
      {},
      () => ['', { method: 'POST', body: Buffer.from('["\xff"]', 'latin1'), headers: json }],
    ],
  ])('refuses %s', async (_name, status, reason, more, make) => {
    await serving(more, async (url, host) => {
      const [path, init] = make();
      const response = await fetch(path || url.replace(/\/in$/, '/'), init);
      expect([response.status, host.text]).toEqual([status, '']);
      expect(await response.text()).toMatch(reason);
    });
  });

  it('takes what has the right token and path, with any query', async () => {
    await serving({ token: 'secret', path: '/in' }, async (url, host) => {
      expect((await post(`${url}?from=x`, '1', { authorization: 'Bearer secret' })).status).toBe(200);
      expect(host.text).toBe('1');
    });
  });

  it('refuses a body whose length is not told, when it has become too long', async () => {
    await serving({}, async (url, host) => {
      const endless = new ReadableStream({ pull: (stream) => stream.enqueue(Buffer.alloc(600, '1')) });
      const sent = fetch(url, { method: 'POST', body: endless, duplex: 'half' } as RequestInit);
      expect((await sent).status).toBe(413);
      expect(host.text).toBe('');
    });
  });

  it('goes on with the connection of a client that was refused', async () => {
    await serving({}, async (url, host) => {
      const { port } = new URL(url);
      const socket = connect(Number(port), '127.0.0.1').setEncoding('latin1');
      let text = '';
      socket.on('data', (piece) => {
        text += piece;
      });
      const head = (length: number): string => `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${length}\r\n\r\n`;
      socket.write(`${head(200_000)}${'x'.repeat(200_000)}${head(1)}5`);
      await host.until(() => host.text === '5');
      while (!text.includes('200 OK')) await once(socket, 'data');
      expect(text).toContain('HTTP/1.1 413');
      socket.destroy();
    });
  });

  it('accepts lines that are not JSON, if they are to go the way of onError', async () => {
    await serving({ onInvalid: 'accept' }, async (url, host) => {
      expect((await post(url, '1\n{\n2')).status).toBe(200);
      expect(host.text).toBe('1\n{\n2');
    });
  });

  it('answers 429 while memory is full', async () => {
    const host = new Receiving();
    await serving(
      {},
      async (url) => {
        host.full = true;
        const response = await post(url, '1');
        expect([response.status, response.headers.get('retry-after')]).toEqual([429, '1']);
        host.makeRoom();
        expect((await post(url, '2')).status).toBe(200);
        expect(host.text).toBe('2');
      },
      host,
    );
  });

  it('says that its port is taken', async () => {
    await serving({}, async (url) => {
      const told = new Receiving();
      const second = http.receiver!(configure({ port: Number(new URL(url).port) }), told);
      await expect(second.start()).rejects.toMatchObject({ code: 'port-taken', exitCode: 3 });
      expect(told.failures).toEqual([]);
    });
  });
});

describe('the http source when the job stops', () => {
  it('answers what it has taken, and refuses what comes then', async () => {
    const host = new Receiving();
    host.holding = true;
    const receiver = http.receiver!(configure(), host);
    await receiver.start();
    const url = (await host.said(/^listening/)).replace('listening on ', '');
    const answer = post(url, '1');
    await host.until(() => host.text === '1');
    const stopped = receiver.stop();
    while (await listens(url));
    host.store();
    const response = await answer;
    expect([response.status, response.headers.get('connection')]).toEqual([200, 'close']);
    await stopped;
    await expect(post(url, '2')).rejects.toThrow();
    expect(host.text).toBe('1');
  });

  it('waits for a body that is on its way, but not for ever', async () => {
    const host = new Receiving();
    const receiver = http.receiver!(configure(), host);
    await receiver.start();
    const { port } = new URL((await host.said(/^listening/)).replace('listening on ', ''));
    const clients = [connect(Number(port), '127.0.0.1'), connect(Number(port), '127.0.0.1')] as const;
    for (const client of clients)
      client.on('error', () => {}).write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n1');
    await fetch(`http://127.0.0.1:${port}`).then((response) => response.text());
    const answer = once(clients[0].setEncoding('latin1'), 'data');
    const closed = once(clients[1].resume(), 'close');
    const stopped = receiver.stop();
    clients[0].write('2');
    expect((await answer)[0]).toMatch(/^HTTP\/1.1 200/);
    await closed;
    await stopped;
    expect(host.text).toBe('12');
  });
});
