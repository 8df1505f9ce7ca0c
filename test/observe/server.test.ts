import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ask, bearer, follow, token, until, watched } from './dashboard.ts';

interface Listed {
  readonly batchId: number;
  readonly status: string;
  readonly inputSize: number;
  readonly firstFailureReason?: string;
}

const completed = (url: string, headers = {}) =>
  ask(`${url}/api/v1/streaming/batches?status=completed`, headers).then((answer) => answer.json<Listed[]>());

describe('the dashboard of a running job', () => {
  test("answers in Spark's words, tells metrics and what fails, and stops the job", async () => {
    const { command, url } = await watched();
    const batches = await until(
      () => completed(url, bearer),
      (list) => list.some(({ firstFailureReason }) => firstFailureReason) && list.length > 4,
    );
    const failed = batches.find(({ firstFailureReason }) => firstFailureReason)!;
    expect(failed.firstFailureReason).toContain('<b>twenty</b>');
    expect(batches[0]!.batchId).toBeGreaterThan(batches[1]!.batchId);

    const statistics = await ask(`${url}/api/v1/streaming/statistics`).then((answer) => answer.json<object>());
    expect(statistics).toMatchObject({ batchDuration: 100, numReceivers: 1, numActiveReceivers: 0 });
    expect(statistics).toHaveProperty('avgProcessingTime');
    const one = await ask(`${url}/api/v1/streaming/batches/${batches[0]!.batchId}`);
    expect(one.json()).toMatchObject({ batchId: batches[0]!.batchId, status: 'COMPLETED', numTotalOutputOps: 2 });
    expect((await ask(`${url}/api/v1/streaming/batches/1`)).status).toBe(404);
    const receivers = (await ask(`${url}/api/v1/streaming/receivers`)).json<object[]>();
    expect(receivers).toMatchObject([{ streamName: 'numbers' }, { streamName: 'lines', isActive: false }]);

    const detail = await ask(`${url}/api/v1/job/batches/${failed.batchId}`, bearer);
    expect(detail.json()).toMatchObject({
      error: { code: 'step-failed', at: { line: 14 }, record: expect.stringContaining('20') },
      stages: [{ succeeded: 0 }, {}],
      inputs: [{ source: 'numbers (rate)' }],
    });
    const view = (await ask(`${url}/api/v1/job`)).json<{ kept: object[]; flow: { stages: object[] } }>();
    expect(view.kept).toEqual([{ id: 'words/1', kind: 'window', name: expect.any(String), keys: 5 }]);
    expect(view.flow.stages.length).toBeGreaterThan(1);

    const metrics = (await ask(`${url}/metrics`)).body;
    expect(metrics).toMatch(/^streamjob_batches_total\{outcome="failed",job_name="watched"\} 1$/m);
    expect(metrics).toMatch(/^streamjob_batch_processing_seconds_bucket\{le="0.1",job_name="watched"\} \d+$/m);
    expect(metrics).toMatch(/^streamjob_receiver_state\{source="lines",state="waiting",job_name="watched"\} 1$/m);
    expect(metrics).toMatch(/^streamjob_state_keys\{step="words\/2",job_name="watched"\} 5$/m);
    expect((await ask(`${url}/healthz`)).json()).toEqual({ status: 'running' });

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

  test('tells nothing to strangers, and no messages without the token', async () => {
    const { url } = await watched();
    await until(
      () => completed(url),
      (list) => list.some(({ firstFailureReason }) => firstFailureReason),
    );
    expect(JSON.stringify(await completed(url))).not.toContain('twenty');
    expect((await ask(`${url}/api/v1/job`)).body).not.toContain('twenty');

    const failed = (await completed(url)).find(({ firstFailureReason }) => firstFailureReason)!;
    const detail = await ask(`${url}/api/v1/job/batches/${failed.batchId}`);
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
    const { url } = await watched(undefined, `127.0.0.1:${port}`);
    expect(Number(new URL(url).port)).toBeGreaterThan(port);
  });

  test('asks everybody for the token at an address that others can reach', async () => {
    const { url } = await watched(undefined, '0.0.0.0:0');
    const local = url.replace('0.0.0.0', '127.0.0.1');
    expect((await ask(`${local}/healthz`)).status).toBe(401);
    expect((await ask(`${local}/healthz`, bearer)).status).toBe(200);
  });
});
