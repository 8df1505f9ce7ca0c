import { basename } from 'node:path';
import { describe, expect, test } from 'vitest';
import { isRunnable, load } from '#src/cli/load.ts';
import { runTest } from '#src/cli/testRunner.ts';
import { engines } from './engines.ts';
import { folder, isThere, tables } from './tables.ts';

const required = process.env.STREAMJOB_TEST_SERVICES === 'required';

test.skipIf(!isThere && !required)(`the conformance tables are in ${folder}`, () => {
  expect(tables.map((file) => basename(file))).toContain('aggregates.yaml');
});

for (const file of tables) {
  const job = await load(file, {});
  describe(basename(file), () => {
    test('is a valid job', () => {
      expect(job.problems.filter(({ severity }) => severity === 'error')).toEqual([]);
    });

    describe.each(engines)('on $name', ({ engine }) => {
      test.each(job.tests)('$name', async (table) => {
        if (!isRunnable(job)) throw new Error('not a valid job');
        const { differences, error } = await runTest(job, table, engine);
        expect(error).toBeUndefined();
        expect(differences).toEqual([]);
      });
    });
  });
}
