import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { FaultyJob, namesIn } from './faultyJob.ts';

const files = Array.from({ length: 6 }, (_, file) => [...Array.from({ length: 50 }, (_, i) => file * 50 + i), 'bad']);
const allLines = files.flat().map(String).sort();

/** The files lie in `in`, from where the job deletes them, and once more in `archive`. */
function filesJob(): FaultyJob {
  const job = new FaultyJob('files: { path: in, minAge: 0s, maxFilesPerBatch: 2, onProcessed: delete }');
  for (const folder of ['in', 'archive']) {
    mkdirSync(join(job.folder, folder));
    for (const [i, lines] of files.entries())
      writeFileSync(join(job.folder, folder, `${i}.txt`), `${lines.join('\n')}\n`);
  }
  return job;
}

async function expectEachLineOnce(job: FaultyJob): Promise<void> {
  const logged = [...(await job.logged()).values()].flat().sort();
  expect(logged).toEqual(allLines);
  await job.expectOutputsOfLoggedInput();
}

/** Each write, sync, rename and removal of the protocol, before and after it; a number says at which visit. */
const places = [
  ...['write', 'torn', 'written', 'sync', 'synced', 'rename', 'renamed', 'safe'].flatMap((what) => [
    `compact.${what}`,
    `meta.${what}`,
  ]),
  ...['write', 'torn', 'written', 'sync', 'synced'].flatMap((what) => [`journal.${what}`, `journal.${what}:2`]),
  ...['sync', 'synced', 'rename', 'renamed', 'published'].flatMap((what) => [`sink.${what}`, `sink.${what}:3`]),
  ...['dispose', 'disposed'].flatMap((what) => [`source.${what}`, `source.${what}:2`]),
];

describe('a job over files that is killed', () => {
  test.each(places)('at %s counts every file exactly once', async (failpoint) => {
    const job = filesJob();
    const first = await job.live(['--once', '--threads', '1'], { failpoint });
    expect(first.signal).toBe('SIGKILL');
    const second = await job.live(['--once', '--threads', '2']);
    expect(second).toMatchObject({ code: 0, stderr: expect.not.stringContaining('error') });
    await expectEachLineOnce(job);
    expect(namesIn(join(job.folder, 'in'))).toEqual([]);
  });

  test('in each of its lives counts every file exactly once', async () => {
    const job = filesJob();
    for (const failpoint of [
      'compact.renamed',
      'journal.torn',
      'sink.renamed',
      'sink.rename',
      'journal.sync:2',
      'meta.torn',
    ])
      await job.live(['--once', '--threads', '2'], { failpoint });
    expect((await job.live(['--once', '--threads', '1'])).code).toBe(0);
    await expectEachLineOnce(job);
  });
});
