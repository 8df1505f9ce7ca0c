import { expect, test } from 'vitest';
import { streamjob } from './command.ts';

test('explain shows sources, stages, shuffles and sinks as text', async () => {
  const { code, stdout } = await streamjob(['explain', 'jobs/wordcount.yaml']);
  for (const part of ['lines (socket)', 'reduceByKey', 'print']) expect(stdout).toContain(part);
  expect(code).toBe(0);
});

test('explain --format json is the plan', async () => {
  const { stdout } = await streamjob(['explain', 'jobs/wordcount.yaml', '--format', 'json']);
  expect(JSON.parse(stdout)).toMatchObject({
    name: 'wordcount',
    batchInterval: 1000,
    nodes: [{ kind: 'source' }, {}, {}, {}, {}],
  });
});

test('explain --format mermaid is a flowchart', async () => {
  const { stdout } = await streamjob(['explain', 'jobs/wordcount.yaml', '--format', 'mermaid']);
  expect(stdout).toMatch(/^(flowchart|graph) /);
});
