import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { type Command, folderWith, printed, root, start, streamjob } from './command.ts';

/** A server that keeps what is posted to it, and a way to wait for so many posts. */
async function hook(status = 200) {
  const posts: { body: string; key: string }[] = [];
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString();
    posts.push({ body, key: String(request.headers['idempotency-key']) });
    response.writeHead(status).end(status === 200 ? '' : 'wrong key');
    server.emit('post');
  }).listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, 'listening');
  const address = server.address();
  const until = async (count: number): Promise<void> => {
    while (posts.length < count) await once(server, 'post');
  };
  return { posts, until, url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/hook` };
}

/** Where a running job listens. */
async function urlOf(command: Command): Promise<string> {
  await command.seen('stderr', /listening on http:\S+?"/);
  return /listening on (http:\S+?)"/.exec(command.stderr)![1]!;
}

const post = (url: string, body: string, headers: Record<string, string> = {}): Promise<number> =>
  fetch(url, { method: 'POST', body, headers }).then(({ status }) => status);

test('the alerts example sends a message for each host', async () => {
  const { posts, until, url } = await hook();
  const command = start(['run', 'jobs/alerts.yaml'], { cwd: root, env: { ALERT_WEBHOOK: url, PORT: '0' } });
  const events = await urlOf(command);
  const body = '{"host":"db1","level":"error","message":"full"}\n{"host":"db1","level":"info","message":"x"}\n';
  expect(await post(events, body)).toBe(200);
  await until(1);
  expect(posts[0]?.body).toBe('{"text":"db1: 1 error, the last one \\"full\\""}');
  expect(posts[0]?.key).toMatch(/^alerts\/errors-http\/\d+\/\d+\/0$/);
  expect(await post(events, 'no json')).toBe(400);
  command.process.kill('SIGTERM');
  expect((await command.ended).code).toBe(0);
});

const listening = `name: in
batchInterval: 50ms
checkpoint: ./checkpoint
settings: { blockInterval: 20ms }
sources: { events: { http: { port: 0, host: 127.0.0.1 } } }
sinks: [{ from: events, files: out }]
`;

test('what was answered with 200 survives kill -9, once', async () => {
  const cwd = folderWith({ 'job.yaml': listening });
  const first = start(['run', 'job.yaml'], { cwd });
  const url = await urlOf(first);
  const sent = Array.from({ length: 30 }, (_, i) => `line ${i}`);
  const answers = await Promise.all(sent.map((line) => post(url, `${line}\n`)));
  first.process.kill('SIGKILL');
  await first.ended;
  expect(new Set(answers)).toEqual(new Set([200]));
  const second = start(['run', 'job.yaml'], { cwd });
  expect(await post(await urlOf(second), 'the last')).toBe(200);
  second.process.kill('SIGTERM');
  expect((await second.ended).code).toBe(0);
  const out = join(cwd, 'out');
  const lines = readdirSync(out).flatMap((name) => readFileSync(join(out, name), 'utf8').trim().split('\n'));
  expect(lines.sort()).toEqual([...sent, 'the last'].sort());
});

test('a sender cannot end the job with a record that is too long, in a list or as a line', async () => {
  const source = '{ events: { http: { port: 0, host: 127.0.0.1, format: json, maxRecordBytes: 100B } } }';
  const job = listening.replace(/^sources: .*$/m, `sources: ${source}`).replace('files: out', 'print: {}');
  const command = start(['run', 'job.yaml'], { cwd: folderWith({ 'job.yaml': job }) });
  const url = await urlOf(command);
  const long = 'x'.repeat(200);
  const json = { 'content-type': 'application/json' };
  expect(await post(url, JSON.stringify([1, long]), json)).toBe(400);
  expect(await post(url, `1\n"${long}"\n`)).toBe(400);
  expect(await post(url, JSON.stringify(Array.from({ length: 100 }, () => 'short')), json)).toBe(200);
  command.process.kill('SIGTERM');
  expect((await command.ended).code).toBe(0);
  expect(command.stdout).not.toContain('x');
});

test('a refusal of the webhook ends the job at once, and says what it answered', async () => {
  const { posts, url } = await hook(403);
  const job = `name: refused
batchInterval: 50ms
checkpoint: false
sources: { events: { queue: [[1, 2]] } }
sinks: [{ from: events, http: "${url}" }]
`;
  const { code, stderr } = await streamjob(['run', 'job.yaml', '--once'], { cwd: folderWith({ 'job.yaml': job }) });
  expect(stderr).toContain('it answered 403 Forbidden (wrong key)');
  expect(stderr).toContain('not-delivered');
  expect(stderr).not.toContain('/hook');
  expect(posts).toHaveLength(1);
  expect(code).toBe(1);
});

const feed = `export class Feed {
  constructor({ count }) { this.count = count; }
  async onStart() {
    for (let i = 0; i < this.count; i++) await this.store(['k' + (i % 2), { i, at: new Date(i) }]);
    await this.storeAll([['k0', new Map([[1, 2]])]]);
    this.stop('all sent');
  }
  onStop() {}
}
export const url = (record) => process.env.HOOK + '?' + record[0];
`;

const receiving = `name: own
batchInterval: 50ms
checkpoint: false
functions: ./feed.js
sources: { feed: { receiver: { class: Feed, options: { count: "\${COUNT}" } } } }
streams:
  counts: { from: feed, steps: [ { mapValues: v => 1 }, { reduceByKey: "(a, b) => a + b" } ] }
sinks:
  - { from: counts, print: {} }
  - { from: feed, http: { url: url, body: array, batchSize: 1000 } }
`;

test('a receiver of the functions module gives records of every kind, and ends the job', async () => {
  const { posts, url } = await hook();
  const cwd = folderWith({ 'job.yaml': receiving, 'feed.js': feed });
  const { code, stdout, stderr } = await streamjob(['run', 'job.yaml'], { cwd, env: { COUNT: '10000', HOOK: url } });
  expect([code, stderr]).toEqual([0, expect.stringContaining('all sent')]);
  const counts = new Map<string, number>();
  for (const line of printed(stdout)) {
    const [key, n] = JSON.parse(line) as [string, number];
    counts.set(key, (counts.get(key) ?? 0) + n);
  }
  expect(Object.fromEntries(counts)).toEqual({ k0: 5001, k1: 5000 });
  const sent = posts.flatMap(({ body }) => JSON.parse(body) as unknown[]);
  expect(sent).toHaveLength(10_001);
  expect(sent).toContainEqual(['k1', { i: 1, at: '1970-01-01T00:00:00.001Z' }]);
});

test('a class that the functions module does not export is told when the job is checked', async () => {
  const job = receiving.replace('class: Feed', 'class: Fed');
  const cwd = folderWith({ 'job.yaml': job, 'feed.js': feed });
  const { code, stdout } = await streamjob(['validate', 'job.yaml'], { cwd, env: { COUNT: '1' } });
  expect(stdout).toMatch(/job\.yaml:5:39 {2}unknown-name {2}Nothing defines `Fed`/);
  expect(stdout).toMatch(/Did you mean `Feed`/);
  expect(code).toBe(2);
});

test('rate and --once do not go together', async () => {
  const job = 'batchInterval: 1s\nsources: { ticks: { rate: 5 } }\nsinks: [{ from: ticks, print: {} }]\n';
  const cwd = folderWith({ 'job.yaml': job });
  const { code, stderr } = await streamjob(['run', 'job.yaml', '--once'], { cwd });
  expect(stderr).toContain('not-once');
  expect(code).toBe(2);
});
