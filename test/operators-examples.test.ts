import { describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { catalog } from '#src/catalog/index.ts';
import { isRunnable, load } from '#src/cli/load.ts';
import { runTest } from '#src/cli/testRunner.ts';
import type { OperatorExample } from '#src/component/operator.ts';
import { folderWith } from './cli/command.ts';
import { engines } from './conformance/engines.ts';

const operators = await Promise.all(
  catalog.operators.names.map(async (name) => ({ name, operator: await catalog.operators.load(name) })),
);

/** The example as a job with a test. */
function jobOf({ yaml, given, other, expect: expected, ordered }: OperatorExample): string {
  const steps = parse(yaml) as unknown;
  return stringify(
    {
      name: 'example',
      batchInterval: '1s',
      checkpoint: false,
      sources: { given: { queue: [] }, ...(other && { other: { queue: [] } }) },
      streams: { out: { from: 'given', steps: Array.isArray(steps) ? steps : [steps] } },
      sinks: [{ from: 'out', print: {} }],
      tests: [
        {
          name: 'the example',
          given: { given, ...(other && { other }) },
          expect: { out: expected },
          ...(ordered && { ordered }),
        },
      ],
    },
    { lineWidth: 0 },
  );
}

describe.each(operators)('$name', ({ operator }) => {
  test('has an example', () => {
    expect(operator.examples.length).toBeGreaterThan(0);
  });

  describe.each(operator.examples)('$title', (example) => {
    test.each(engines)('on $name', async ({ engine }) => {
      const job = await load(`${folderWith({ 'example.yaml': jobOf(example) })}/example.yaml`, {});
      expect(job.problems).toEqual([]);
      if (!isRunnable(job)) throw new Error('not a valid job');
      for (const test of job.tests) {
        const { differences, error } = await runTest(job, test, engine);
        expect(error).toBeUndefined();
        expect(differences).toEqual([]);
      }
    });
  });
});
