import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { alternate, cli, report, time } from './compare.mjs';
import { directory, jobFile, textFile } from './input.mjs';
import { filesJob, steps, totalJob } from './jobs.mjs';
import { throughSocket, total } from './socket.mjs';

/** Word count over a file (megabytes) in batches of 10 MB, and through a socket, with a checkpoint and without. */
export async function run(megabytes = 200) {
  const checkpoint = join(mkdtempSync(join(directory, 'checkpoint-')), 'of-job');
  const path = textFile(megabytes);
  console.log('# over a file');
  await overFile(path, megabytes, checkpoint);
  console.log('# through a socket');
  await overSocket(path, megabytes, checkpoint);
  rmSync(join(checkpoint, '..'), { recursive: true });
}

async function overFile(path, megabytes, checkpoint) {
  const text = filesJob(steps.wordcount, path).replace('minAge: 0s', 'minAge: 0s, maxBytesPerBatch: 10MB');
  const command = [cli, 'run', jobFile('checkpointed', text), '--once', '-q', '--threads', '2'];
  const seconds = await alternate({
    'without one': command,
    'with a checkpoint': [...command, '--checkpoint', checkpoint, '--fresh'],
  });
  report(seconds, megabytes);
}

/** Blocks are received, synced and counted; from the first byte sent until the last word is counted. */
async function overSocket(path, megabytes, checkpoint) {
  const plain = [cli, 'run', jobFile('checkpointed-total', totalJob('wordcount', path)), '--once', '-q'];
  const words = total((await time(plain)).output);
  const command = [cli, 'run', jobFile('checkpointed-socket', totalJob('wordcount')), '--threads', '2'];
  const seconds = { 'without one': [], 'with a checkpoint': [] };
  for (let round = -1; round < 5; round++) {
    const without = await throughSocket(command, path, words);
    const kept = await throughSocket([...command, '--checkpoint', checkpoint, '--fresh'], path, words);
    if (round < 0) continue;
    seconds['without one'].push(without);
    seconds['with a checkpoint'].push(kept);
  }
  report(seconds, megabytes);
}
