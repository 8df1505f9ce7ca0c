import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Ended, folderWith, streamjob } from '../cli/command.ts';

const job = {
  filter: 'n => true',
  totals: "updateStateByKey: '(values, state = 0) => values.reduce((a, b) => a + b, state)'",
  length: '1h',
  slide: '100ms',
  streams: '',
  sinks: '',
};

const yamlOf = ({ filter, totals, length, slide, streams, sinks }: typeof job): string => `batchInterval: 100ms
checkpoint: checkpoint
sources: { lines: { files: { path: in, minAge: 0s } } }
streams:
  pairs: { from: lines, steps: [{ map: 'line => Number(line)' }, { filter: ${filter} }, { map: 'n => ["all", n]' }] }
  totals: { from: pairs, steps: [{ ${totals} }] }
  sums: { from: pairs, steps: [{ reduceByKeyAndWindow: { reduce: '(a, b) => a + b', length: ${length}, slide: ${slide} } }] }
${streams}
sinks:
  - { from: totals, files: { path: totals, format: json } }
  - { from: sums, files: { path: sums, format: json } }
${sinks}`;

/** A job whose file is edited between its runs. */
class EditedJob {
  readonly #folder = folderWith({});
  #files = 0;

  constructor() {
    mkdirSync(join(this.#folder, 'in'));
  }

  /** Runs it once on these numbers, and on those that an earlier run has refused. */
  async run(numbers: readonly number[], change: Partial<typeof job> = {}): Promise<Ended> {
    const name = join(this.#folder, 'in', `${++this.#files}`);
    if (numbers.length > 0) writeFileSync(name, numbers.map((number) => `${number}\n`).join(''));
    writeFileSync(join(this.#folder, 'job.yaml'), yamlOf({ ...job, ...change }));
    return this.command('run', 'job.yaml', '--once', '--log-format', 'text');
  }

  command(...args: readonly string[]): Promise<Ended> {
    return streamjob(args, { cwd: this.#folder });
  }

  /** What a sink wrote last. */
  newest(sink: string): unknown {
    const name = readdirSync(join(this.#folder, sink)).sort().at(-1)!;
    return JSON.parse(readFileSync(join(this.#folder, sink, name), 'utf8'));
  }
}

const mapWithState =
  "mapWithState: '(key, n, state) => { state.update((state.getOption() ?? 0) + n); return [key, state.get()]; }'";

test('a job that was changed goes on from its checkpoint, or is told what does not fit and what to do', async () => {
  const edited = new EditedJob();
  expect(await edited.run([1, 2, 3])).toMatchObject({ code: 0 });
  expect([edited.newest('totals'), edited.newest('sums')]).toEqual([
    ['all', 6],
    ['all', 6],
  ]);

  const change = {
    filter: 'n => n > 10',
    length: '2h',
    totals: "updateStateByKey: '(values, state) => values.reduce((a, b) => a + b, state ?? 0)'",
    streams: '  counts: { from: pairs, steps: [{ countByWindow: { length: 1h } }] }',
    sinks: '  - { from: counts, files: { path: counts, format: json } }',
  };
  const second = await edited.run([5, 20, 30], change);
  expect(second).toMatchObject({ code: 0, stderr: expect.stringContaining('counts/1 begins with nothing') });
  expect(['totals', 'sums', 'counts'].map((sink) => edited.newest(sink))).toEqual([['all', 56], ['all', 56], 2]);

  const third = await edited.run([100], { ...change, totals: mapWithState, slide: '200ms' });
  expect(third).toMatchObject({ code: 3, stderr: expect.stringContaining('checkpoint-foreign') });
  expect(third.stderr).toContain('keeps totals/1 of `updateStateByKey`, and the job has `mapWithState` there');
  expect(third.stderr).toContain('with the slide 100ms, and the job has 200ms');
  expect(third.stderr).toContain('--state totals/1');

  const reset = await edited.command('checkpoint', 'reset', 'checkpoint', '--state', 'totals/1', '--yes');
  expect(reset).toMatchObject({ code: 0 });
  expect(await edited.run([], { ...change, totals: mapWithState })).toMatchObject({ code: 0 });
  expect(['totals', 'sums', 'counts'].map((sink) => edited.newest(sink))).toEqual([['all', 100], ['all', 156], 3]);
});
