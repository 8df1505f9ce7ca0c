import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { alternate, cli, report } from './compare.mjs';
import { jobFile, textFile } from './input.mjs';
import { filesJob, steps } from './jobs.mjs';

const megabytes = 200;

/** Word count over one file, in some twenty batches, with a checkpoint and without. */
export async function run() {
  const path = textFile(megabytes);
  const text = filesJob(steps.wordcount, path).replace('minAge: 0s', 'minAge: 0s, maxBytesPerBatch: 10MB');
  const job = jobFile('checkpointed', text);
  const directory = join(mkdtempSync(join(tmpdir(), 'streamjob-bench-')), 'checkpoint');
  const command = [cli, 'run', job, '--once', '-q', '--threads', '2'];
  const seconds = await alternate({
    'without one': command,
    'with a checkpoint': [...command, '--checkpoint', directory, '--fresh'],
  });
  report(seconds, megabytes);
}
