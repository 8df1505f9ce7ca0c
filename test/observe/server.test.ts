import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { StreamjobError } from '#src/base/errors.ts';
import { JobHistory } from '#src/observe/history.ts';
import { openUi, type Ui } from '#src/observe/server/server.ts';
import { ask, bearer, follow, job, token, until, watched } from './dashboard.ts';
import { plan, ran } from './histories.ts';

interface Listed {
  readonly batchId: number;
  readonly status: string;
  readonly inputSize: number;
  readonly firstFailureReason?: string;
}

const completed = (url: string, headers = {}) =>
  ask(`${url}/api/v1/streaming/batches?status=completed`, headers).then((answer) => answer.json<Listed[]>());

test("a running job answers in Spark's words, tells metrics and what fails, and is stopped", async () => {
  const { command, url, folder } = await watched();
  const batches = await until(
    () => completed(url, bearer),
    (list) => list.some(({ firstFailureReason }) => firstFailureReason) && list.length > 4,
  );
  const failed = batches.find(({ firstFailureReason }) => firstFailureReason)!;
  const succeeded = batches.find(({ firstFailureReason }) => !firstFailureReason)!;
  expect(failed.firstFailureReason).toContain('<b>twenty</b>');
  expect(batches[0]!.batchId).toBeGreaterThan(batches[1]!.batchId);

  const statistics = await ask(`${url}/api/v1/streaming/statistics`).then((answer) => answer.json<object>());
  expect(statistics).toMatchObject({ batchDuration: 100, numReceivers: 1, numActiveReceivers: 0 });
  expect(statistics).toHaveProperty('avgProcessingTime');
  const one = `${url}/api/v1/streaming/batches/${succeeded.batchId}`;
  expect((await ask(one)).json()).toMatchObject({
    batchId: succeeded.batchId,
    status: 'COMPLETED',
    numTotalOutputOps: 2,
    numCompletedOutputOps: 2,
  });
  const operations = (await ask(`${one}/operations`)).json<object[]>();
  expect(operations).toMatchObject([
    { outputOpId: 0, name: 'out', duration: expect.any(Number) },
    { outputOpId: 1, name: 'rest', description: 'rest (files)' },
  ]);
  expect((await ask(`${one}/operations/1`)).json()).toEqual(operations[1]);
  expect((await ask(`${one}/operations/2`)).status).toBe(404);
  expect((await ask(`${url}/api/v1/streaming/batches/1`)).status).toBe(404);

  const receivers = `${url}/api/v1/streaming/receivers`;
  const said = (await ask(receivers, bearer)).json<object[]>();
  expect(said).toMatchObject([
    { streamName: 'numbers' },
    { streamName: 'lines', isActive: false },
    { streamName: 'arrivals', lastErrorMessage: expect.stringMatching(/^waiting for the directory .*which is not/) },
  ]);
  expect(said[2]).not.toHaveProperty('isActive');

  const detail = await ask(`${url}/api/v1/job/batches/${failed.batchId}`, bearer);
  expect(detail.json()).toMatchObject({
    error: { code: 'step-failed', at: { line: 20 }, record: expect.stringContaining('20') },
    stages: expect.arrayContaining([expect.objectContaining({ succeeded: 0 })]),
    inputs: [{ source: 'numbers (rate)' }],
    outputs: [{ started: null, error: expect.stringContaining('twenty') }, { started: null }],
  });
  const view = (await ask(`${url}/api/v1/job`)).json<{ kept: object[]; flow: { stages: object[] } }>();
  expect(view.kept).toMatchObject([
    { id: 'others/1', kind: 'records', keys: null, bytes: expect.any(Number), batches: expect.any(Number) },
    { id: 'words/1', kind: 'window', keys: 5, bytes: expect.any(Number) },
  ]);
  expect(view.flow.stages.length).toBeGreaterThan(1);

  const metrics = (await ask(`${url}/metrics`)).body;
  expect(metrics).toMatch(/^streamjob_batches_total\{outcome="failed",job_name="watched"\} 1$/m);
  expect(metrics).toMatch(/^streamjob_batch_processing_seconds_bucket\{le="0.1",job_name="watched"\} \d+$/m);
  expect(metrics).toMatch(/^streamjob_source_state\{source="lines",state="waiting",job_name="watched"\} 1$/m);
  expect(metrics).toMatch(/^streamjob_source_errors_total\{source="arrivals",job_name="watched"\} 1$/m);
  expect(metrics).toMatch(/^streamjob_state_keys\{step="words\/2",job_name="watched"\} 5$/m);
  expect(metrics).toMatch(/^streamjob_state_bytes\{step="words\/2",job_name="watched"\} [1-9]\d*$/m);
  expect(metrics).toMatch(/^streamjob_state_bytes\{step="others\/1",job_name="watched"\} [1-9]\d*$/m);
  expect(metrics).toMatch(/^streamjob_output_seconds_count\{[^}]*sink="out"[^}]*\} [1-9]\d*$/m);
  expect((await ask(`${url}/healthz`)).json()).toEqual({ status: 'running' });

  mkdirSync(join(folder, 'in'));
  await until(
    async () => (await ask(`${url}/metrics`)).body,
    (text) => /^streamjob_source_state\{source="arrivals",state="active",job_name="watched"\} 1$/m.test(text),
  );

  const events = follow(`${url}/events`);
  await until(
    async () => events.updates.join(''),
    (text) => text.includes('event: update'),
  );
  expect((await ask(`${url}/stop`, {}, 'POST')).status).toBe(401);
  expect((await ask(`${url}/stop`, bearer, 'POST')).status).toBe(202);
  await events.ended;
  expect((await command.ended).code).toBe(0);
  expect(events.updates.join('')).toContain('"status":"ended"');
});

test('with --no-log-records not even who has the token is told the record that an error is about', async () => {
  const { url } = await watched(job, '127.0.0.1:0', ['--no-log-records']);
  const failed = (list: readonly Listed[]) => list.find(({ firstFailureReason }) => firstFailureReason);
  const batches = await until(
    () => completed(url, bearer),
    (list) => failed(list) !== undefined,
  );
  const detail = await ask(`${url}/api/v1/job/batches/${failed(batches)!.batchId}`, bearer);
  expect(detail.json()).toMatchObject({ error: { code: 'step-failed', at: { line: 20 } } });
  expect(detail.body).not.toMatch(/twenty|"record":/);
});

describe('the server of the dashboard', () => {
  test('tells nothing to strangers, and no messages without the token', async () => {
    const { url } = await opened();
    expect(JSON.stringify(await completed(url))).not.toContain('twenty');
    expect((await ask(`${url}/api/v1/job`)).body).not.toContain('twenty');
    expect((await ask(`${url}/api/v1/streaming/batches/2000/operations`)).body).not.toContain('twenty');
    expect((await ask(`${url}/api/v1/streaming/receivers`)).body).not.toContain('a line');
    const detail = await ask(`${url}/api/v1/job/batches/2000`);
    expect(detail.body).not.toContain('twenty');
    expect(detail.json()).toMatchObject({ inputs: [{ lines: [] }], error: { code: 'step-failed' } });

    expect((await ask(`${url}/metrics`, { host: 'evil.example' })).status).toBe(403);
    expect((await ask(`${url}/metrics`, { origin: 'http://evil.example' })).status).toBe(403);
    expect((await ask(`${url}/stop`, { ...bearer, origin: 'null' }, 'POST')).status).toBe(403);
    expect((await ask(`${url}/metrics`, { authorization: 'Bearer wrong' })).status).toBe(401);
    expect((await ask(`${url}/../../../package.json`)).status).toBe(404);
    expect((await ask(`${url}/metrics`, {}, 'DELETE')).status).toBe(405);

    const entered = await ask(`${url}/?token=${token}`);
    expect(entered.status).toBe(303);
    const cookie = entered.headers['set-cookie']![0]!;
    expect(cookie).toMatch(/HttpOnly; SameSite=Strict/);
    expect(JSON.stringify(await completed(url, { cookie: cookie.split(';')[0] }))).toContain('twenty');
    const page = await ask(`${url}/`);
    expect(page.headers['content-security-policy']).toContain("default-src 'none'");
  });

  test('takes the next port if one is taken', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void taken.close());
    await once(taken, 'listening');
    const { port } = taken.address() as { port: number };
    const { url } = await opened({ port });
    expect(Number(new URL(url).port)).toBeGreaterThan(port);
  });

  test('asks everybody for the token at an address that others can reach', async () => {
    const { url } = await opened({ host: '0.0.0.0' });
    const local = url.replace('0.0.0.0', '127.0.0.1');
    expect((await ask(`${local}/healthz`)).status).toBe(401);
    expect((await ask(`${local}/healthz`, bearer)).status).toBe(200);
  });
});

/** A server for a job of which a batch has failed and a receiver waits, with messages that hold records. */
async function opened(options: { host?: string; port?: number } = {}): Promise<Ui> {
  const history = new JobHistory(plan);
  history.started();
  history.receiver({ source: 0, state: 'waiting', message: 'expected more than a line' });
  ran(history, 1000);
  ran(history, 2000, new StreamjobError('step-failed', 'no room for twenty', { record: 'twenty' }), [
    [{ path: '/data/twenty.txt', offset: 0, length: 20 }],
  ]);
  const ui = await openUi({ history, host: '127.0.0.1', port: 0, token, stop() {}, ...options });
  onTestFinished(() => ui.close());
  return { ...ui, url: ui.url.replace(/\/$/, '') };
}
