import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { FaultyJob } from './faultyJob.ts';
import { FileFeed } from './files.ts';
import { keepingStreams } from './jobs.ts';
import { namesIn } from './namesIn.ts';

/** A job over files that it deletes, while more and more files come. */
function fedJob(streams: string): { job: FaultyJob; feed: FileFeed } {
  const source = 'files: { path: in, minAge: 0s, maxFilesPerBatch: 20, onProcessed: delete }';
  const job = new FaultyJob(source, streams);
  const feed = new FileFeed(job.folder);
  feed.write();
  feed.start();
  onTestFinished(() => feed.stop());
  return { job, feed };
}

/**
 * Each write, sync, rename and removal that a life of the job comes by, at its first visit, and a later one if there are many. What is to be
 * synced has just been written, and what is to be renamed has been synced: one place is enough.
 */
async function placesOf(job: FaultyJob): Promise<readonly string[]> {
  const seen = join(job.folder, 'seen');
  expect(await job.live(['--batches', '12'], { env: { STREAMJOB_FAILPOINTS_SEEN: seen } })).toMatchObject({ code: 0 });
  const visits = new Map<string, number>();
  for (const place of readFileSync(seen, 'utf8').split('\n').filter(Boolean))
    visits.set(place, (visits.get(place) ?? 0) + 1);
  const same = (place: string) =>
    (place.endsWith('.sync') && visits.has(`${place.slice(0, -5)}.written`)) ||
    (place.endsWith('.rename') && visits.has(`${place.slice(0, -7)}.synced`));
  return [...visits].flatMap(([place, times]) => (same(place) ? [] : times > 20 ? [place, `${place}:4`] : [place]));
}

async function expectEachFileOnce(job: FaultyJob, feed: FileFeed): Promise<void> {
  feed.stop();
  expect(await job.live(['--once'])).toMatchObject({ code: 0, stderr: expect.not.stringContaining('error') });
  const logged = [...(await job.logged()).values()].flat().sort();
  expect(logged).toEqual([...feed.written].sort());
  await job.expectOutputsOfLoggedInput();
  expect(namesIn(join(job.folder, 'in'))).toEqual([]);
}

test('a job over files that is killed at every place of the protocol, one after the other, counts every file exactly once', async () => {
  const { job, feed } = fedJob(keepingStreams);
  const places = await placesOf(job);
  expect(places).toEqual(expect.arrayContaining(['journal.torn', 'meta.renamed', 'sink.renamed:4', 'source.dispose']));
  for (const [life, failpoint] of places.entries()) {
    const { signal, stderr } = await job.live(['--threads', `${1 + (life % 3)}`, '--duration', '120s'], { failpoint });
    expect([failpoint, signal, stderr]).toEqual([failpoint, 'SIGKILL', '']);
    if (life % 10 === 0) await job.expectOutputsOfLoggedInput();
  }
  await expectEachFileOnce(job, feed);
}, 900_000);

test('a job over files that is killed by chance, again and again, counts every file exactly once', async () => {
  const { job, feed } = fedJob(keepingStreams);
  for (let life = 0; life < 8; life++) {
    const command = job.start(['-v', '--log-format', 'text', '--threads', `${1 + (life % 4)}`]);
    await command.seen('stderr', life % 2 === 0 ? /batch \d/ : /started/);
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 400));
    command.process.kill('SIGKILL');
    await command.ended;
    await job.expectOutputsOfLoggedInput();
  }
  await expectEachFileOnce(job, feed);
});
