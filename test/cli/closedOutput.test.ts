import { once } from 'node:events';
import { expect, test } from 'vitest';
import { folderWith, printed, start } from './command.ts';

const job = `batchInterval: 20ms
sources: { numbers: { queue: { batches: [], default: [1] } } }
sinks: [{ from: numbers, print: {} }]
`;

test.each(['text', 'json'])('a job goes on when nobody reads its log any more (%s)', async (format) => {
  const cwd = folderWith({ 'job.yaml': job });
  const command = start(['run', 'job.yaml', '-v', '--log-format', format], { cwd });
  await command.seen('stdout', /^1$/m);
  command.process.stderr.destroy();
  const before = printed(command.stdout).length;
  while (printed(command.stdout).length < before + 10) await once(command.process.stdout, 'data');
  command.process.kill('SIGTERM');
  expect((await command.ended).code).toBe(0);
});
