import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { PlanBuilder } from '#src/plan/builder.ts';
import { defaultSettings } from '#src/plan/jobSettings.ts';
import { engines } from '../conformance/engines.ts';
import { type Graph, planOf, runGraph } from './runPlan.ts';

const directory = mkdtempSync(join(tmpdir(), 'streamjob-bad-'));
afterAll(() => rmSync(directory, { recursive: true }));
writeFileSync(join(directory, 'a.csv'), 'a,b\n1,2\n3\n"4\n5,6\n');
writeFileSync(join(directory, 'b.csv'), Buffer.from('a,b\n7,\xff\n8,9\n', 'latin1'));

const config = {
  path: directory,
  format: { name: 'csv', config: { header: true, delimiter: ',', multiline: false } },
  delimiter: '\n',
  maxRecordBytes: 1e6,
  newOnly: false,
  recursive: false,
  minAge: 0,
  maxBytesPerBatch: 1e9,
  onDataLoss: 'fail',
  onProcessed: 'keep',
  forgetAfter: 1e9,
};

function graph(onError: 'skip' | 'emit' | undefined): Graph {
  const plan = new PlanBuilder();
  plan.origin = { name: 'rows', component: 'files' };
  plan.onError = onError;
  const { from } = plan.source({ config: {} });
  plan.onError = undefined;
  const configs = new Map<number, unknown>([[from, config]]);
  for (const [name, port] of [
    ['good', 'out'],
    ['bad', 'error'],
  ] as const) {
    if (port === 'error' && onError !== 'emit') continue;
    plan.origin = { name, component: 'collect' };
    configs.set(plan.sink({ input: { from, port }, config: {} }), {});
  }
  return { plan: planOf(plan), configs, batches: 1 };
}

const good = [
  { a: '1', b: '2' },
  { a: '5', b: '6' },
  { a: '8', b: '9' },
];

describe.each(engines)('bad records of a source on $name', ({ engine }) => {
  const run = (onError: 'skip' | 'emit' | undefined) => runGraph(graph(onError), engine(defaultSettings));

  test('go to its error port as all that fails', async () => {
    const collected = await run('emit');
    expect(collected.get('good')?.flat(2)).toEqual(good);
    const letter = (name: string, record: string, why: string) => ({
      record,
      error: `${join(directory, name)}: ${why}`,
      step: 'rows (files)',
      batchTime: 1000,
    });
    const notCsv = 'A record is not valid CSV:';
    expect(collected.get('bad')?.flat(2)).toEqual([
      letter('a.csv', '3', `${notCsv} it has 1 field, and there are 2 columns.`),
      letter('a.csv', '"4', `${notCsv} a quote is not closed.`),
      letter('b.csv', '7,\ufffd', 'A record is not valid UTF-8.'),
    ]);
  });

  test('are left out, or fail the batch', async () => {
    expect((await run('skip')).get('good')?.flat(2)).toEqual(good);
    await expect(run(undefined)).rejects.toMatchObject({ code: 'bad-record' });
  });
});
