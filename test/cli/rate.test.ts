import { expect, test } from 'vitest';
import { folderWith, printed, streamjob } from './command.ts';

test('rate goes on with the next value when the job is started again', async () => {
  const job = `
batchInterval: 100ms
checkpoint: checkpoint
sources: { ticks: { rate: 50 } }
streams: { values: { from: ticks, steps: [{ map: '({ value }) => value' }] } }
sinks: [{ from: values, print: { limit: 1000 } }]
`;
  const cwd = folderWith({ 'job.yaml': job });
  const values: number[] = [];
  for (let life = 0; life < 2; life++) {
    const { stdout, code } = await streamjob(['run', 'job.yaml', '--batches', '4'], { cwd });
    expect(code).toBe(0);
    const now = printed(stdout).map(Number);
    expect(now.length).toBeGreaterThan(0);
    values.push(...now);
  }
  expect([...values].sort((a, b) => a - b)).toEqual(values.map((_, index) => index));
});
