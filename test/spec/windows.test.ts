import { expect, test } from 'vitest';
import { problemsOf } from './loadText.ts';

const job = (streams: string, header = ''): string => `batchInterval: 2s
${header}sources:
  a: { queue: [] }
  b: { queue: [] }
streams:
${streams}sinks:
  - from: out
    print: {}
  - from: [b]
    print: {}
`;

const told = async (streams: string, header?: string): Promise<string> => problemsOf(job(streams, header));

test('lengths and slides are multiples of the slide before', async () => {
  const out = await told(`  out:
    from: a
    steps:
      - window: { length: 3s }
      - count
`);
  expect(out).toMatchInlineSnapshot(`
    "job.yaml:9:27  bad-value  The length 3s of \`window\` is no multiple of 2s, the slide of the stream before it.
        9 |       - window: { length: 3s }
          |                           ^^
          Write a multiple of 2s, such as 4s."
  `);
  const nested = await told(`  out:
    from: a
    steps:
      - window: { length: 8s, slide: 4s }
      - reduceByWindow:
          reduce: (a, b) => a + b
          length: 8s
          slide: 6s
`);
  expect(nested).toMatchInlineSnapshot(`
    "job.yaml:13:18  bad-value  The slide 6s of \`reduceByWindow\` is no multiple of 4s, the slide of the stream before it.
       13 |           slide: 6s
          |                  ^^
          Write a multiple of 4s, such as 8s."
  `);
});

test('streams that are put together have the same slide', async () => {
  const out = await told(`  slow:
    from: a
    steps:
      - window: { length: 4s, slide: 4s }
  out:
    from: b
    steps:
      - union: slow
`);
  expect(out).toMatchInlineSnapshot(`
    "job.yaml:13:9  bad-value  out, step 1 (union) puts streams together that come every 2s and every 4s.
       13 |       - union: slow
          |         ^^^^^
          Give them the same slide, with a \`window\` on the one that comes more often."
  `);
});

test('what failed before and behind a window may come together', async () => {
  const out = await told(`  slow:
    from: a
    onError: { to: out }
    steps:
      - map: x => x.y
      - window: { length: 4s, slide: 4s }
      - map: x => x.y
  kept: { from: slow, steps: [{ filter: x => x }] }
`);
  expect(out).not.toContain('every');
});

test('a state asks for a checkpoint, or for the word that it may be lost', async () => {
  const steps = `  out:
    from: a
    steps:
      - updateStateByKey: (values, n) => (n ?? 0) + values.length
      - reduceByKeyAndWindow: { reduce: "(a, b) => a + b", inverse: "(a, b) => a - b", length: 4s }
      - reduceByKeyAndWindow: { reduce: "(a, b) => a + b", length: 4s }
`;
  expect(await told(steps)).toMatchInlineSnapshot(`
    "job.yaml:9:9  no-checkpoint  \`updateStateByKey\` keeps from batch to batch what a restart must not lose, and the job has no \`checkpoint\`.
        9 |       - updateStateByKey: (values, n) => (n ?? 0) + values.length
          |         ^^^^^^^^^^^^^^^^
          Add \`checkpoint: DIRECTORY\`, or \`checkpoint: false\` if it may be lost when the job ends.
    job.yaml:10:9  no-checkpoint  \`reduceByKeyAndWindow\` keeps from batch to batch what a restart must not lose, and the job has no \`checkpoint\`.
       10 |       - reduceByKeyAndWindow: { reduce: "(a, b) => a + b", inverse: "(a, b) => a - b", length: 4s }
          |         ^^^^^^^^^^^^^^^^^^^^
          Add \`checkpoint: DIRECTORY\`, or \`checkpoint: false\` if it may be lost when the job ends."
  `);
  expect(await told(steps, 'checkpoint: false\n')).toBe('');
  expect(await told(steps, 'checkpoint: ./state\n')).toBe('');
});

test('what two steps keep has two names', async () => {
  const out = await told(
    `  out:
    from: a
    steps:
      - updateStateByKey: { update: 'values => values.length', id: totals }
      - updateStateByKey: { update: 'values => values.length', id: totals }
`,
    'checkpoint: false\n',
  );
  expect(out).toMatchInlineSnapshot(`
    "job.yaml:11:9  duplicate-name  What out, step 1 (updateStateByKey) and out, step 2 (updateStateByKey) keep has the same name, totals.
       11 |       - updateStateByKey: { update: 'values => values.length', id: totals }
          |         ^^^^^^^^^^^^^^^^
          Give one of them an \`id\` that no other step has."
  `);
});
