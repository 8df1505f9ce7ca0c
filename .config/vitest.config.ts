import { defineConfig } from 'vitest/config';

/** CI names a file to count the results from. */
const report = process.env.STREAMJOB_TEST_REPORT;

export default defineConfig({
  test: {
    dir: 'test',
    include: ['**/*.test.ts'],
    exclude: ['**/bench/**'],
    pool: 'forks',
    maxWorkers: 2,
    // For what hangs. How long a test takes is up to the machine, which may be busy.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    reporters: report ? ['default', ['json', { outputFile: report }]] : ['default'],
  },
});
