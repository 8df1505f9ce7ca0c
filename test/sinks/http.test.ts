import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import http from '#src/sinks/http.ts';
import { sinkTask } from './sinkTask.ts';

type Config = Parameters<typeof http.worker>[0];
type Answer = (request: IncomingMessage, response: ServerResponse, count: number) => void;

interface Taken {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** A server that keeps what it is sent, and answers each request as it is told. */
async function serve(answer: Answer = (_request, response) => response.writeHead(204).end()) {
  const taken: Taken[] = [];
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString();
    taken.push({ method: request.method!, path: request.url!, headers: request.headers, body });
    answer(request, response, taken.length);
  }).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return { taken, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

const configure = (url: Config['url'], more: Partial<Config> = {}): Config => ({
  url,
  method: 'POST',
  headers: {},
  body: 'lines',
  batchSize: 2,
  timeout: 5_000,
  retry: { attempts: 3, min: 1, max: 20 },
  ...more,
});

async function send(config: Config, records: readonly unknown[], task = sinkTask()) {
  const writer = http.worker(config, task);
  for (const record of records) writer.write(record);
  return writer.close();
}

describe('what the http sink sends', () => {
  it('sends lines of JSON in order, so many records a request', async () => {
    const { taken, url } = await serve();
    expect(await send(configure(`${url}/in?a=b`), ['ä', { n: 1n }, [1, 2]])).toEqual({ requests: 2 });
    expect(taken.map(({ body }) => body)).toEqual(['"ä"\n{"n":"1"}\n', '[1,2]\n']);
    expect(taken[0]).toMatchObject({ method: 'POST', path: '/in?a=b' });
    expect(taken[0]?.headers['content-type']).toBe('application/x-ndjson');
  });

  it('sends nothing for a partition without records', async () => {
    const { taken, url } = await serve();
    expect(await send(configure(url), [])).toEqual({ requests: 0 });
    expect(taken).toEqual([]);
  });

  it('sends nothing before the task has computed everything', async () => {
    const { taken, url } = await serve();
    const writer = http.worker(configure(url), sinkTask());
    for (const record of [1, 2, 3]) writer.write(record);
    await (await fetch(url, { method: 'POST', body: 'probe' })).text();
    expect(taken.map(({ body }) => body)).toEqual(['probe']);
  });

  it.each<[Config['body'], string, string]>([
    ['array', '[1,2]', 'application/json'],
    [{ text: 'records => records.join()' }, '1,2', 'text/plain; charset=utf-8'],
    [{ text: 'records => ({ sum: records[0] + records[1] })' }, '{"sum":3}', 'application/json'],
    [{ text: '() => null' }, 'null', 'application/json'],
    [{ text: '() => Uint8Array.of(104, 105)' }, 'hi', 'application/octet-stream'],
    [{ text: '(records, { time, partition, number }) => [time, partition, number]' }, '[1000,0,0]', 'application/json'],
  ])('makes the body %j', async (body, text, type) => {
    const { taken, url } = await serve();
    await send(configure(url, { body }), [1, 2]);
    expect([taken[0]?.body, taken[0]?.headers['content-type']]).toEqual([text, type]);
  });

  it('names each request by its place in the job, the same at every attempt', async () => {
    const { taken, url } = await serve();
    const task = { job: 'größe', sink: 'to chat', time: 5, partition: 3 };
    await send(configure(url, { batchSize: 1 }), [1, 2], sinkTask({ ...task, attempt: 'a' }));
    await send(configure(url, { batchSize: 1 }), [1], sinkTask({ ...task, attempt: 'b' }));
    expect(taken.map(({ headers }) => headers['idempotency-key'])).toEqual([
      'gr%C3%B6%C3%9Fe/to%20chat/5/3/0',
      'gr%C3%B6%C3%9Fe/to%20chat/5/3/1',
      'gr%C3%B6%C3%9Fe/to%20chat/5/3/0',
    ]);
  });

  it('sends the headers of the user, which come before its own, and the method', async () => {
    const { taken, url } = await serve();
    const headers = { Authorization: 'Bearer x', 'Content-Type': 'text/csv' };
    await send(configure(url, { headers, method: 'PUT' }), [1]);
    expect(taken[0]).toMatchObject({
      method: 'PUT',
      headers: { authorization: 'Bearer x', 'content-type': 'text/csv' },
    });
  });

  it('sends the records of each URL together, in their order', async () => {
    const { taken, url } = await serve();
    const byUrl = { text: "record => url + '/' + record[0]", scope: { url } };
    await send(configure(byUrl, { body: 'array' }), [
      ['a', 1],
      ['b', 1],
      ['a', 2],
      ['a', 3],
    ]);
    expect(taken.map(({ path, body }) => [path, body])).toEqual([
      ['/a', '[["a",1],["a",2]]'],
      ['/b', '[["b",1]]'],
      ['/a', '[["a",3]]'],
    ]);
  });
});

describe('what the http sink does about failures', () => {
  it.each([408, 425, 429, 500, 503])('sends again what was answered %i', async (status) => {
    const { taken, url } = await serve((_request, response, count) =>
      response.writeHead(count < 3 ? status : 200).end(),
    );
    await send(configure(url), [1, 2, 3]);
    expect(taken.map(({ body }) => body)).toEqual(['1\n2\n', '1\n2\n', '1\n2\n', '3\n']);
    expect(new Set(taken.slice(0, 3).map(({ headers }) => headers['idempotency-key'])).size).toBe(1);
  });

  it('sends again when the connection broke', async () => {
    const { taken, url } = await serve((request, response, count) => {
      if (count === 1) request.socket.resetAndDestroy();
      else response.end();
    });
    await send(configure(url), [1]);
    expect(taken).toHaveLength(2);
  });

  it('gives up after as many attempts as are allowed', async () => {
    const { taken, url } = await serve((_request, response) => response.writeHead(503).end('out of\n order'));
    await expect(send(configure(url), [1])).rejects.toMatchObject({
      code: 'not-delivered',
      mayPass: false,
      message: `The sink sink 1 sent to ${url}, 3 times: it answered 503 Service Unavailable (out of order).`,
    });
    expect(taken).toHaveLength(3);
  });

  it.each([400, 401, 404, 413, 301])('fails at once when the answer is %i', async (status) => {
    const { taken, url } = await serve((_request, response) => response.writeHead(status, { location: '/' }).end('no'));
    await expect(send(configure(`${url}/secret`), [1, 2, 3])).rejects.toThrow(
      new RegExp(`^The sink sink 1 sent to ${url}: it answered ${status} .* \\(no\\)\\.$`),
    );
    expect(taken).toHaveLength(1);
  });

  it('does not wait for an answer for ever', async () => {
    const { taken, url } = await serve(() => {});
    await expect(send(configure(url, { timeout: 50 }), [1])).rejects.toThrow(
      /3 times: it did not answer within 50ms\.$/,
    );
    expect(taken).toHaveLength(3);
  });

  it('says that nobody listens', async () => {
    const { url } = await serve();
    await new Promise((resolve) => servers[0]!.close(resolve));
    await expect(send(configure(url), [1])).rejects.toThrow(/, 3 times: connection refused\.$/);
  });

  it.each<[Partial<Config>, RegExp, string]>([
    [{ body: { text: 'records => records.x.y' } }, /its function `body` failed: Cannot read/, '[ 1 ]'],
    [{ body: { text: 'records => {}' } }, /its function `body` returned nothing/, '[ 1 ]'],
    [{ url: { text: 'record => record.x.y' } }, /its function `url` failed: Cannot read/, '1'],
    [{ url: { text: 'record => 5' } }, /what the function `url` returned is no text/, '1'],
    [{ url: { text: "record => '/x'" } }, /what the function `url` returned is no URL of a web server/, '1'],
  ])('tells of functions that fail: %j', async (more, message, record) => {
    const failing = send(configure('http://127.0.0.1:9', more), [1]);
    await expect(failing).rejects.toThrow(message);
    await expect(failing).rejects.toMatchObject({ code: 'step-failed', record });
  });

  it.each([
    ['example.org', /is no URL of a web server/],
    ['ftp://example.org', /is no URL of a web server/],
    ['https://me:secret@example.org', /has a user or password in it/],
  ])('refuses the URL %s before anything starts', (url, message) => {
    expect(http.check!(configure(url))).toMatchObject([{ setting: 'url', message: expect.stringMatching(message) }]);
  });
});
