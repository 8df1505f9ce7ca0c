import { once } from 'node:events';
import { createConnection } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { JobListener } from '#src/observe/events.ts';
import { toAll } from '#src/observe/fanOut.ts';
import { JobHistory } from '#src/observe/history.ts';
import { inputText } from '#src/observe/inputText.ts';
import { outputCounts, outputsOf } from '#src/observe/outputs.ts';
import { reasonsNotReady } from '#src/observe/readiness.ts';
import { openUi } from '#src/observe/server/server.ts';
import { follow, until } from './dashboard.ts';
import { plan, ran, twoSinks } from './histories.ts';

describe('listeners', () => {
  test('that throw are complained of once and hinder nobody', () => {
    const told: string[] = [];
    const broken: JobListener = {
      stopping() {
        throw new Error('no');
      },
    };
    const good: JobListener = { stopping: ({ reason }) => told.push(reason), log: ({ message }) => told.push(message) };
    const all = toAll([broken, good]);
    all.stopping({ reason: 'one' });
    all.stopping({ reason: 'two' });
    expect(told).toEqual(['a listener of the job failed: no', 'one', 'two']);
  });
});

describe('the history of a job', () => {
  test('remembers so many batches, and details of the newest', () => {
    const history = new JobHistory(plan);
    for (let i = 1; i <= 10_050; i++) ran(history, i * 1000);
    expect(history.batches.size).toBe(10_000);
    expect(history.total).toEqual({ completed: 10_050, failed: 0, received: 70_350, processed: 70_350 });
    expect([...history.batches.values()].filter(({ details }) => details).length).toBe(1000);
    expect(history.active).toEqual([]);
  });

  test('knows which batches wait or run, and which came last', () => {
    const history = new JobHistory(plan);
    for (let i = 1; i <= 1200; i++) ran(history, i * 1000);
    const submit = (batchTime: number) => history.batchSubmitted({ batchTime, submissionTime: batchTime });
    submit(1_201_000);
    submit(1_202_000);
    history.batchStarted({ batchTime: 1_201_000, submissionTime: 1_201_000, processingStartTime: 1_201_001 });
    const times = (batches: readonly { readonly batchTime: number }[]) => batches.map(({ batchTime }) => batchTime);
    expect(times(history.active)).toEqual([1_201_000, 1_202_000]);
    expect(history.waiting).toBe(1);
    expect(times(history.newest(3))).toEqual([1_200_000, 1_201_000, 1_202_000]);
    expect(history.newest(5000).length).toBe(1000);
    history.batchCompleted({ batchTime: 1_201_000, submissionTime: 1_201_000, processingEndTime: 1_201_009 });
    expect(times(history.active)).toEqual([1_202_000]);
  });

  test('says why a job is not ready', () => {
    const history = new JobHistory(plan);
    expect(reasonsNotReady(history)).toEqual(['the job is starting']);
    history.started();
    expect(reasonsNotReady(history)).toEqual([]);
    history.receiver({ source: 0, state: 'waiting', message: 'nobody there' });
    expect(reasonsNotReady(history)).toEqual([]);
    expect(reasonsNotReady(history, Date.now() + 11_000)[0]).toMatch(/^the source lines has been waiting for 1\d s$/);
    history.receiver({ source: 0, state: 'active', message: 'somebody there' });
    const sink = plan.nodes.find(({ kind }) => kind === 'sink')!;
    history.sink({ sink: sink.id, state: 'waiting', message: 'nobody there' });
    expect(reasonsNotReady(history)).toEqual([]);
    const waits = new RegExp(`^the sink ${sink.origin.name} has been waiting for 1\\d s$`);
    expect(reasonsNotReady(history, Date.now() + 11_000)).toEqual([expect.stringMatching(waits)]);
    history.sink({ sink: sink.id, state: 'active', message: 'it is there' });
    expect(reasonsNotReady(history, Date.now() + 11_000)).toEqual([]);
    ran(history, 1000, new Error('a secret record'));
    expect(reasonsNotReady(history)).toEqual(['the last batch failed: The batch failed.']);
    history.stopping({ reason: 'asked' });
    expect(reasonsNotReady(history)).toEqual(['the job is stopping']);
  });

  test('says what became of a batch in its sinks, and leaves out those that were not due', () => {
    const history = new JobHistory(twoSinks);
    const outcomes = (time: number): unknown[] =>
      outputsOf(history.batches.get(time)!, twoSinks).map(({ name, endTime, error }) => [
        name,
        endTime,
        error?.message,
      ]);
    const counts = (time: number) => outputCounts(history.batches.get(time)!, twoSinks);
    const output = (batchTime: number) => ({ batchTime, sink: 1, startTime: batchTime + 2 });

    history.batchSubmitted({ batchTime: 1000, submissionTime: 1000 });
    expect(counts(1000)).toEqual({ active: 0, completed: 0, failed: 0, total: 2 });
    history.batchStarted({ batchTime: 1000, submissionTime: 1000, processingStartTime: 1001 });
    history.outputStarted(output(1000));
    expect(counts(1000)).toEqual({ active: 2, completed: 0, failed: 0, total: 2 });
    history.outputCompleted({ ...output(1000), endTime: 1004 });
    expect(counts(1000)).toEqual({ active: 1, completed: 1, failed: 0, total: 2 });
    history.batchCompleted({ batchTime: 1000, submissionTime: 1000, processingEndTime: 1005 });
    expect(outcomes(1000)).toEqual([['shown', 1004, undefined]]);

    ran(history, 2000, new Error('not computed'));
    expect(outcomes(2000)).toEqual([
      ['shown', undefined, 'not computed'],
      ['kept', undefined, 'not computed'],
    ]);
    history.batchSubmitted({ batchTime: 3000, submissionTime: 3000 });
    history.outputCompleted({ ...output(3000), endTime: 3004, error: new Error('no disk') });
    history.batchCompleted({ batchTime: 3000, submissionTime: 3000, error: new Error('no disk') });
    expect(outcomes(3000)).toEqual([['shown', 3004, 'no disk']]);
    expect(counts(3000)).toEqual({ active: 0, completed: 0, failed: 1, total: 1 });
  });

  test('describes what a batch reads', () => {
    const file = { path: '/data/a.txt', offset: 10, length: 5 };
    const topic = { topic: 'clicks', partition: 2, from: '7', until: '9' };
    expect(inputText([[file], [topic, { block: 3 }]])).toEqual({
      partitions: 2,
      lines: ['1 block of received data', '/data/a.txt, bytes 10 to 15', 'clicks 2, offsets 7 to 9'],
      more: 0,
    });
    expect(inputText([Array.from({ length: 150 }, () => file)]).more).toBe(50);
  });
});

test('a client that does not read its events is dropped, and others are not', async () => {
  const history = new JobHistory(plan);
  const ui = await openUi({ history, host: '127.0.0.1', port: 0, stop() {} });
  onTestFinished(() => ui.close());
  const lazy = createConnection(Number(new URL(ui.url).port), '127.0.0.1').pause();
  const closed = once(lazy, 'close');
  lazy.on('error', () => undefined);
  lazy.write(`GET /events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${ui.token}\r\n\r\n`);
  const keen = follow(`${ui.url}events?token=${ui.token}`);
  let time = 0;
  const flood = setInterval(() => {
    for (let i = 0; i < 1500; i++) ran(history, ++time, new Error('x'.repeat(2_000)));
  }, 50);
  await until(
    async () => keen.updates.reduce((sum, { length }) => sum + length, 0),
    (bytes) => bytes > 12e6,
  );
  clearInterval(flood);
  lazy.resume();
  await closed;
  const before = keen.updates.length;
  ran(history, ++time);
  await until(
    async () => keen.updates.length,
    (length) => length > before,
  );
  keen.close();
});
