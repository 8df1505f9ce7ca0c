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
    testTimeout: 60_000,
    reporters: report ? ['default', ['json', { outputFile: report }]] : ['default'],
  },
});
