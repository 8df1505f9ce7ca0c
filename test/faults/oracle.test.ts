import { appendFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { FaultyJob } from './faultyJob.ts';
import { FileFeed } from './files.ts';
import { keepingStreams } from './jobs.ts';
import { oracle } from './oracle.ts';

test('the oracle agrees with a job that nothing has disturbed, and sees what somebody has changed', async () => {
  const job = new FaultyJob('files: { path: in, minAge: 0s, maxFilesPerBatch: 1 }', keepingStreams);
  const feed = new FileFeed(job.folder);
  for (let file = 0; file < 12; file++) feed.write();
  expect(await job.live(['--once'])).toMatchObject({ code: 0 });
  expect(await oracle({ folder: job.folder })).toEqual([]);

  const sessions = join(job.folder, 'out/sessions');
  const [first, second] = readdirSync(sessions).map((name) => join(sessions, name));
  appendFileSync(first!, '["more"]\n');
  rmSync(second!);
  writeFileSync(join(job.folder, 'out/counts/part-5.json'), '');
  expect(await oracle({ folder: job.folder })).toEqual([
    'counts-files/part-5.json is of no batch that is logged',
    expect.stringContaining('20 records expected, 21 came; missing ; unexpected ["more"]'),
    expect.stringContaining('20 records expected, 0 came'),
  ]);
});
