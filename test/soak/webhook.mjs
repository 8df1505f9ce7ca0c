import { once } from 'node:events';
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { JobProcess } from './jobProcess.mjs';

const job = (port) => `batchInterval: 100ms
functions: functions.mjs
settings: { threads: 2, memoryLimit: 16MB, taskRetries: 20, blockInterval: 20ms }
sources: { events: { http: { port: 0, host: 127.0.0.1, format: json } } }
streams: { out: { from: events, steps: [{ map: risky }] } }
sinks: [{ from: out, http: { url: "http://127.0.0.1:${port}/", retry: { attempts: 20, min: 10ms, max: 500ms } } }]
`;

/** Clients that post events, and a server that gets them: slow now and then, and sometimes out of order. */
export async function open(directory) {
  const received = new Map();
  let refused = 0;
  const server = createServer(async (request, response) => {
    const chunks = await request.toArray();
    await sleep(Math.random() < 0.02 ? 500 : 1);
    if (Math.random() < 0.05) {
      refused++;
      response.writeHead(503).end();
      return;
    }
    for (const line of Buffer.concat(chunks).toString().split('\n').filter(Boolean)) {
      const { id } = JSON.parse(line);
      received.set(id, (received.get(id) ?? 0) + 1);
    }
    response.end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const process = new JobProcess(directory, job(server.address().port));
  const port = Number((await process.said(/127\.0\.0\.1:(\d+)/))[1]);
  let accepted = 0;
  let ids = 0;
  const post = async () => {
    const events = Array.from({ length: 1 + Math.floor(Math.random() * 200) }, () => ({ id: ids++, text: 'event' }));
    const body = events.map((event) => JSON.stringify(event)).join('\n');
    for (let status = 0; status !== 200; ) {
      const response = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body }).catch(() => undefined);
      await response?.arrayBuffer();
      status = response?.status ?? 0;
      if (status !== 200) await sleep(100);
    }
    accepted += events.length;
  };
  const client = async (signal) => {
    while (!signal.aborted) {
      await post();
      await sleep(Math.random() * 50);
    }
  };
  const twice = () => [...received.values()].filter((count) => count > 1).length;
  return {
    name: 'webhook',
    process,
    work: (signal) => Promise.all([client(signal), client(signal), client(signal)]),
    settled: () => received.size >= accepted,
    report: () =>
      `${accepted} events accepted, ${received.size} delivered, ${twice()} of them twice, ${refused} requests refused`,
    wrong: () =>
      received.size === accepted ? undefined : `${accepted} events were accepted, ${received.size} delivered`,
    close: () => server.close(),
  };
}
