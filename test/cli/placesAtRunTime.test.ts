import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { folderWith, freePort, streamjob } from './command.ts';

const job = (source: string, sink: string): string => `batchInterval: 20ms
checkpoint: false
sources:
  one: { queue: { batches: [[a]] } }
  two:
    ${source}
sinks:
  - { from: one, print: {} }
  - from: two
    ${sink}
`;

const queue = 'queue: { batches: [[b]] }';

test.each([
  [
    'source',
    'kafka: { brokers: "127.0.0.1:PORT", topics: t, brokerTimeout: 1s }',
    'print: {}',
    6,
    'broker-unreachable',
  ],
  ['source', 'files: { path: job.yaml/x, minAge: 0s }', 'print: {}', 6, 'file-missing'],
  ['sink', queue, 'kafka: { brokers: "127.0.0.1:PORT", topic: t, brokerTimeout: 1s }', 10, 'broker-unreachable'],
  ['sink', queue, 'http: { url: "http://127.0.0.1:PORT", retry: { attempts: 1 } }', 10, 'not-delivered'],
  ['sink', queue, 'files: { path: job.yaml/x }', 10, 'output-exists'],
])('what keeps a %s from working is told at its place: %s, %s', async (_what, source, sink, line, code) => {
  const port = await freePort();
  const cwd = folderWith({ 'job.yaml': job(source, sink).replace('PORT', `${port}`) });
  const { stderr } = await streamjob(['run', 'job.yaml', '--once', '--log-format', 'text'], { cwd });
  expect(stderr).toMatch(new RegExp(`^job\\.yaml:${line}:5 {2}${code} `, 'm'));
});

test('a receiver that cannot listen is told at its place', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await new Promise((listening) => taken.once('listening', listening));
  const { port } = taken.address() as { port: number };
  const cwd = folderWith({ 'job.yaml': job(`socket: { listen: true, host: 127.0.0.1, port: ${port} }`, 'print: {}') });
  const { stderr, code } = await streamjob(['run', 'job.yaml', '--log-format', 'text'], { cwd });
  taken.close();
  expect(stderr).toMatch(/^job\.yaml:6:5 {2}port-taken {2}/m);
  expect(code).toBe(3);
});

test.each([
  ['filter', 'steps: [{ filter: isWanted }]', 'print: {}'],
  ['reduce', 'steps: [{ reduce: isWanted }]', 'print: {}'],
  ['body', 'steps: []', 'http: { url: "http://127.0.0.1:9", body: isWanted }'],
])('an export that is async is refused where nobody waits: %s', async (setting, steps, sink) => {
  const yaml = `batchInterval: 20ms
checkpoint: false
functions: ./functions.js
sources: { numbers: { queue: [[1, 2]] } }
streams: { wanted: { from: numbers, ${steps} } }
sinks: [{ from: wanted, ${sink} }]
`;
  const cwd = folderWith({ 'job.yaml': yaml, 'functions.js': 'export async function isWanted() { return false; }' });
  const { code, stderr, stdout } = await streamjob(['run', 'job.yaml', '--once', '--log-format', 'text'], { cwd });
  const line = yaml.split('\n').findIndex((text) => text.includes(`${setting}:`)) + 1;
  expect(stderr).toMatch(new RegExp(`^job\\.yaml:${line}:\\d+ {2}bad-function .*\`isWanted\` is async`, 'm'));
  expect([code, stdout]).toEqual([2, '']);
});
