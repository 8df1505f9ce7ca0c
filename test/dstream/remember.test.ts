import { afterEach, expect, it } from 'vitest';
import { StreamingContext } from '#src/index.ts';

const started: StreamingContext[] = [];

afterEach(async () => {
  await Promise.all(started.splice(0).map((context) => context.stop()));
});

/** A context that has run all these batches, with a stream of the words and one of two batches together. */
async function remembering(batches: readonly (readonly string[])[], remember?: number | string) {
  const times: number[] = [];
  const listener = { batchCompleted: ({ batchTime }: { batchTime: number }) => void times.push(batchTime) };
  const context = new StreamingContext({ batchInterval: 20, settings: { threads: 2 }, listener });
  started.push(context);
  if (remember !== undefined) context.remember(remember);
  const words = context.queueStream(batches);
  const pairs = words.window(40, 40);
  pairs.print(0);
  words.map((word) => word.toUpperCase()).print(0);
  await context.start();
  const deadline = Date.now() + 120_000;
  while (times.length <= batches.length + 2) {
    if (Date.now() > deadline) throw new Error(`only ${times.length} batches`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return { context, words, pairs, times };
}

it('gives what a stream gave, batch by batch, both ends included', async () => {
  const { words, times } = await remembering([['a', 'b'], ['c'], ['d', 'e']], '60s');
  const [first = 0, second = 0, third = 0] = times;
  expect(await words.slice(first, third)).toEqual([['a', 'b'], ['c'], ['d', 'e']]);
  expect(await words.slice(second, second)).toEqual([['c']]);
  expect(await words.slice(second + 7, third + 19)).toEqual([['c'], ['d', 'e']]);
  expect(await words.slice(first - 1_000, first - 20)).toEqual([]);
});

it('of a stream with a slide of its own gives what there was at the slides', async () => {
  const { pairs, times } = await remembering([['a'], ['b'], ['c'], ['d'], ['e'], ['f']], 60_000);
  const slices = await pairs.slice(times[0]!, times.at(-1)!);
  expect(slices.flat()).toEqual(expect.arrayContaining(['a', 'b', 'c', 'd', 'e']));
  expect(slices.length).toBeLessThan(times.length);
  for (const slice of slices.slice(1, 2)) expect(slice).toHaveLength(2);
});

it('forgets what is older', async () => {
  const { words, times } = await remembering([['a'], ['b'], ['c'], ['d'], ['e'], ['f'], ['g'], ['h']], 60);
  const kept = await words.slice(times[0]!, times.at(-1)!);
  expect(kept.length).toBeLessThanOrEqual(3);
});

it('says what to do if nothing is remembered, before the start, and twice', async () => {
  const { words } = await remembering([['a']]);
  await expect(words.slice(0, 1)).rejects.toMatchObject({
    code: 'not-supported',
    remedy: expect.stringContaining('remember'),
  });
  const context = new StreamingContext({ batchInterval: 20 });
  context.remember('1s');
  expect(() => context.remember(1)).toThrowError(expect.objectContaining({ code: 'bad-context' }));
  expect(() => new StreamingContext({ batchInterval: 20 }).remember('soon')).toThrowError(
    expect.objectContaining({ code: 'bad-value' }),
  );
  await expect(context.queueStream([[1]]).slice(0, 1)).rejects.toMatchObject({ code: 'bad-context' });
});
