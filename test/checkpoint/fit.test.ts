import { describe, expect, test } from 'vitest';
import { batchOf, KeptCheckpoint, out, planWith, sliding, update } from './keptJob.ts';

const mapWithState = "mapWithState: '(key, value, state) => value'";
const timingOut = "mapWithState: { update: '(key, value, state) => value', timeout: 10s }";
const newState = "mapWithState: { update: '(key, value) => [key, value]', id: new }";
const moved = "updateStateByKey: { update: '(values, state) => values.length', id: out/1 }";
const pairs = "map: '([key]) => [key, 1]'";
const totals = "updateStateByKey: { update: '(values, state) => values.length', id: totals }";
const filter = "filter: '([key]) => key'";
const another = '  other: { from: pairs, steps: [countByWindow: { length: 4s, slide: 1s }] }';
const bothSinks = '[{ from: out, print: {} }, { from: other, print: {} }]';

/** The message of the error with which a job is refused that goes on from a batch of another one; undefined if it goes on. */
async function refusal(before: Job, after: Job): Promise<{ message: string; remedy: string; logged: string[] }> {
  const checkpoint = new KeptCheckpoint();
  await checkpoint.batches(await planWith(...before), [4_000]);
  const plan = await planWith(...after);
  const opened = checkpoint.life(plan, (journal) => journal.planned(batchOf(8_000), new Map()));
  const error = await opened.then(
    () => undefined,
    (thrown: { code?: string; message: string; remedy: string }) => thrown,
  );
  if (error) expect(error.code).toBe('checkpoint-foreign');
  const message = error?.message.replace(checkpoint.directory, 'DIR') ?? '';
  return { message, remedy: error?.remedy.replaceAll(checkpoint.directory, 'DIR') ?? '', logged: checkpoint.logged };
}

type Job = Parameters<typeof planWith>;
const job = (...steps: readonly string[]): Job => [out(...steps)];

describe('a job that has changed goes on', () => {
  test.each<[string, Job, Job]>([
    ['functions', job(update), job("updateStateByKey: '(values, state) => 0'")],
    ['steps without state', job(update), job(filter, update, filter)],
    ['sinks', job(update), [out(update), { sinks: '[{ from: out, files: { path: x } }, { from: out, print: {} }]' }]],
    ['the length of a window', job(sliding('4s', '2s')), job(sliding('20s', '2s'))],
    ['partitions', job(update), job("updateStateByKey: { update: '() => 0', partitions: 7 }")],
    ['the place of a step, if it says so', job(update), job(newState, pairs, moved)],
    ['a timeout that is new', job(mapWithState), job(timingOut)],
    ['a timeout that is gone', job(timingOut), job(mapWithState)],
    [
      'an inverse',
      job(sliding('4s')),
      job("reduceByKeyAndWindow: { reduce: '(a, b) => a + b', inverse: '(a, b) => a - b', length: 4s }"),
    ],
  ])('with other %s', async (_, before, after) => {
    expect(await refusal(before, after)).toMatchObject({ message: '', remedy: '' });
  });

  test('with a step that is new, which begins with nothing, and says so', async () => {
    const { message, logged } = await refusal(job(update), [`${out(update)}\n${another}`, { sinks: bothSinks }]);
    expect(message).toBe('');
    expect(logged).toEqual([
      'info other/1 begins with nothing: the checkpoint has nothing of other, step 1 (countByWindow)',
    ]);
  });
});

test('a source that is gone is told, for it may only have been renamed', async () => {
  const others = out(update).replace('from: pairs', 'from: others');
  const { message, logged } = await refusal(job(update), [others, { source: 'others' }]);
  expect(message).toBe('');
  expect(logged).toEqual([
    'warn the job has no source pairs any more, which the checkpoint remembers: if it was only renamed, all is read again under its new name',
  ]);
});

describe('a job that has changed is refused', () => {
  test.each<[string, Job, Job, string]>([
    [
      'another kind of state',
      job(update),
      job(mapWithState),
      'keeps out/1 of `updateStateByKey`, and the job has `mapWithState` there',
    ],
    [
      'a window in place of a state',
      job(update),
      job(sliding('4s')),
      'keeps out/1 of `updateStateByKey`, and the job has `reduceByKeyAndWindow` there',
    ],
    [
      'another window',
      job(sliding('4s')),
      job('countByValueAndWindow: { length: 4s }'),
      'keeps out/1 of `reduceByKeyAndWindow`, and the job has `countByValueAndWindow` there',
    ],
    [
      'another slide',
      job(sliding('4s', '1s')),
      job(sliding('4s', '2s')),
      'keeps out/1 of `reduceByKeyAndWindow` with the slide 1s, and the job has 2s',
    ],
    [
      'another batch interval',
      job(update),
      [out(update), { interval: '2s' }],
      'has the batch interval 1s, and the job has 2s',
    ],
    [
      'another slide before a state',
      job('window: { length: 2s, slide: 2s }', update),
      job('window: { length: 4s, slide: 4s }', update),
      'keeps out/1 of `window` with the slide 2s, and the job has 4s; it keeps out/2 of `updateStateByKey` with the slide 2s, and the job has 4s',
    ],
    [
      'no such step',
      job(update),
      job(filter),
      'keeps out/1 of `updateStateByKey`, and the job has no such step any more',
    ],
    [
      'no such name',
      job(totals),
      job(update),
      'keeps totals of `updateStateByKey`, and the job has no such step any more',
    ],
    [
      'everything at once',
      job(sliding('4s', '2s'), update, totals),
      [out(sliding('4s', '4s'), mapWithState), { interval: '2s' }],
      'has the batch interval 1s, and the job has 2s; it keeps out/1 of `reduceByKeyAndWindow` with the slide 2s, and the job has 4s; it keeps out/2 of `updateStateByKey`, and the job has `mapWithState` there; it keeps totals of `updateStateByKey`, and the job has no such step any more',
    ],
  ])('with %s', async (_, before, after, what) => {
    expect((await refusal(before, after)).message).toBe(`The checkpoint DIR ${what}.`);
  });

  test('with what to do about it', async () => {
    expect((await refusal(job(update), job(filter))).remedy).toBe(
      'Bring the step back (or, if the step has only moved, give it `id: out/1`), or forget it with `streamjob checkpoint reset DIR --state out/1`.',
    );
    expect((await refusal(job(update), job(mapWithState))).remedy).toBe(
      'Change it back (or, if the step has only moved, give it `id: out/1`, and the one in its place an `id` of its own), forget it with `streamjob checkpoint reset DIR --state out/1`, or begin anew with --fresh: then it is read and computed from the beginning.',
    );
  });
});
