import { spawnSync } from 'node:child_process';
import { versions } from './install.mjs';

/** `npm run test:kafka-versions`: all tests about Kafka, with each version of the broker. */
for (const version of Object.values(versions)) {
  console.log(`Apache Kafka ${version}`);
  const env = { ...process.env, STREAMJOB_TEST_KAFKA: version, STREAMJOB_TEST_SERVICES: 'required' };
  const args = ['vitest', 'run', '--config', '.config/vitest.config.ts', 'afka'];
  const { status } = spawnSync('npx', args, { env, stdio: 'inherit' });
  if (status !== 0) process.exit(1);
}
