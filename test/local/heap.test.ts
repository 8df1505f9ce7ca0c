import { describe, expect, test } from 'vitest';
import { printed } from '../cli/command.ts';
import { run } from './faultyJob.ts';

describe('a task that needs more memory than settings.workerHeap', () => {
  const small = (workerHeap: string): string => `threads: 2, taskRetries: 0, workerHeap: ${workerHeap}`;
  const many = "{ flatMap: 'x => Array.from({ length: 4e5 }, (_, i) => [`key ${x} ${i}`, i])' }";

  test.each([
    ['the keys of a reducer', `[${many}, { reduceByKey: '(a, b) => a + b' }]`, /with \d+ keys in its tables/],
    [
      'what a function keeps',
      `[${many}, { map: '([, i]) => keep(i)' }]`,
      /out, step 1 \(flatMap\) > out, step 2 \(map\)/,
    ],
    ['a list that grows', `[${many}, { map: '() => [1, [1, 2, 3]]' }, { groupByKey: {} }]`, /settings.workerHeap/],
  ])('fails by name: %s', async (_, steps, message) => {
    const { code, stderr } = await run(steps, {}, small('100MB'));
    expect(stderr).toContain('heap-limit');
    expect(stderr).toMatch(message);
    expect(code).toBe(1);
  });

  test('one array that V8 refuses ends the thread, or the process', async () => {
    const { code, signal, stdout } = await run('[{ map: huge }]', {}, small('100MB'));
    expect(printed(stdout)).toEqual([]);
    expect(code === 1 || signal === 'SIGABRT' || signal === 'SIGTRAP', `${code} ${signal}`).toBe(true);
  });

  test('garbage does not count', async () => {
    const steps =
      "[{ flatMap: 'x => Array.from({ length: 2e5 }, (_, i) => i)' }, { map: 'i => `text ${i} `.repeat(100).length' }, count]";
    const { code, stdout } = await run(steps, {}, small('50MB'));
    expect(printed(stdout)).toEqual(['1200000']);
    expect(code).toBe(0);
  });
});
