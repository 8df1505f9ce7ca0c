import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SinkDriver } from '#src/component/sink.ts';
import { type Config, csv, driverOf, filesConfig, write } from './filesSink.ts';

let out: string;
beforeEach(() => {
  out = mkdtempSync(join(tmpdir(), 'streamjob-roll-'));
});
afterEach(() => rmSync(out, { recursive: true, force: true }));

type Batch = readonly (readonly unknown[])[];

/** One run of a job: its sink, opened. */
async function open(more: Partial<Config>) {
  const config = filesConfig({ path: out, suffix: 'log', ...more });
  const driver: SinkDriver = driverOf(config);
  await driver.start?.();
  let attempts = 0;
  const commit = async (time: number, batch: Batch, again = false): Promise<void> =>
    driver.commit(time, await write(config, time, batch, String(attempts++)), again);
  return { commit, stop: () => driver.stop?.() };
}

const files = (): Record<string, string> =>
  Object.fromEntries(
    readdirSync(out)
      .filter((name) => !name.startsWith('.'))
      .map((name) => [name, readFileSync(join(out, name), 'utf8')]),
  );

const hourly = { roll: { every: 3600 } };
const bySize = { roll: { size: 8 } };

describe('files sink that rolls', () => {
  it('begins a file each time; a batch on the border belongs to what ends there', async () => {
    const { commit, stop } = await open(hourly);
    for (const time of [3599, 3600, 3601, 7200, 9000]) await commit(time, [[`${time}`], [], ['x']]);
    await stop();
    expect(files()).toEqual({
      'part-0.log': '3599\nx\n3600\nx\n',
      'part-3600.log': '3601\nx\n7200\nx\n',
      'part-7200.log': '9000\nx\n',
    });
    expect(readdirSync(out).filter((name) => name.startsWith('.'))).toEqual(['.part-roll.log']);
  });

  it('begins a file when one is large enough, named after its first batch', async () => {
    const { commit } = await open(bySize);
    for (const time of [1, 2, 3, 4]) await commit(time, [[`row ${time}`]]);
    expect(files()).toEqual({ 'part-1.log': 'row 1\nrow 2\n', 'part-3.log': 'row 3\nrow 4\n' });
  });

  it('writes the header once a file, and nothing for an empty batch', async () => {
    const { commit } = await open({ ...hourly, format: csv({ columns: ['a'] }) });
    await commit(1, [[]]);
    expect(files()).toEqual({});
    for (const time of [2, 3, 4000]) await commit(time, [[{ a: time }]]);
    expect(files()).toEqual({ 'part-0.log': 'a\n2\n3\n', 'part-3600.log': 'a\n4000\n' });
  });

  it('goes on with its file in the next run', async () => {
    await (await open(hourly)).commit(1, [['a']]);
    await (await open(hourly)).commit(2, [['b']]);
    expect(files()).toEqual({ 'part-0.log': 'a\nb\n' });
  });

  it('replaces a batch that is committed again, in this run or the next', async () => {
    const first = await open(hourly);
    await first.commit(1, [['a']]);
    await first.commit(2, [['b']]);
    await first.commit(2, [['b2']]);
    expect(files()).toEqual({ 'part-0.log': 'a\nb2\n' });
    const second = await open(hourly);
    await second.commit(2, [['b3']], true);
    expect(files()).toEqual({ 'part-0.log': 'a\nb3\n' });
  });

  it('takes back several batches, and files that they began', async () => {
    const first = await open(bySize);
    for (const time of [1, 2, 3, 4, 5]) await first.commit(time, [[`row ${time}`]]);
    expect(Object.keys(files())).toEqual(['part-1.log', 'part-3.log', 'part-5.log']);
    const second = await open(bySize);
    await second.commit(2, [], true);
    expect(files()).toEqual({ 'part-1.log': 'row 1\n' });
    await second.commit(3, [['three']], true);
    expect(files()).toEqual({ 'part-1.log': 'row 1\nthree\n' });
  });

  it('cuts off what a crash left behind the committed length', async () => {
    await (await open(hourly)).commit(1, [['a']]);
    appendFileSync(join(out, 'part-0.log'), 'torn');
    const next = await open(hourly);
    expect(files()).toEqual({ 'part-0.log': 'a\n' });
    appendFileSync(join(out, 'part-0.log'), 'torn again');
    await next.commit(2, [['b']], true);
    expect(files()).toEqual({ 'part-0.log': 'a\nb\n' });
  });

  it('begins a file anew that somebody has moved away', async () => {
    const { commit } = await open(hourly);
    await commit(1, [['a']]);
    renameSync(join(out, 'part-0.log'), join(out, 'taken'));
    await commit(2, [['b']]);
    await commit(3, [['c']]);
    await commit(3, [['c2']]);
    expect(files()).toEqual({ taken: 'a\n', 'part-0.log': 'b\nc2\n' });
  });

  it('refuses files that are not its own or have become shorter, and a log that it cannot read', async () => {
    writeFileSync(join(out, 'part-0.log'), 'old');
    await expect((await open(hourly)).commit(1, [['a']])).rejects.toMatchObject({ code: 'output-exists' });
    expect(files()).toEqual({ 'part-0.log': 'old' });
    await (await open({ ...hourly, overwrite: true })).commit(1, [['longer']]);
    truncateSync(join(out, 'part-0.log'), 3);
    await expect(open(hourly)).rejects.toThrow(/has 3 bytes, but this sink had written 7/);
    writeFileSync(join(out, '.part-roll.log'), '{"version":2}');
    await expect(open(hourly)).rejects.toThrow(/cannot be read: its version is 2/);
  });

  it('holds every batch once, whatever is committed again in whichever run', async () => {
    const step = fc.record({ back: fc.integer({ min: 0, max: 4 }), restart: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        rmSync(out, { recursive: true, force: true });
        let run = await open(bySize);
        const expected: string[] = [];
        for (const { back, restart } of steps) {
          if (restart) run = await open(bySize);
          const from = restart ? Math.max(0, expected.length - back) : expected.length;
          const redone = Math.max(expected.length, from + 1);
          for (let time = from; time < redone; time++) {
            expected[time] = `${time}:${Math.random()}`.slice(0, 6);
            await run.commit(time + 1, [[expected[time]]], restart);
          }
        }
        const lines = Object.entries(files())
          .sort(([a], [b]) => Number(/\d+/.exec(a)) - Number(/\d+/.exec(b)))
          .flatMap(([, text]) => text.split('\n').filter(Boolean));
        expect(lines).toEqual(expected);
      }),
      { numRuns: 30 },
    );
  });
});
