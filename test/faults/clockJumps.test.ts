import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { SystemClock } from '#src/base/clock.ts';
import { catalog } from '#src/catalog/index.ts';
import { DurableJournal } from '#src/checkpoint/durable.ts';
import type { RunnableJob } from '#src/cli/load.ts';
import { LocalEngine } from '#src/local/index.ts';
import { type RunningJob, runJob } from '#src/run/job.ts';
import { loadJob } from '#src/spec/load.ts';
import { FaultyJob } from './faultyJob.ts';
import { FileFeed } from './files.ts';
import { keepingStreams } from './jobs.ts';
import { readLogged } from './oracle.ts';

/** A life of the job in this process, with a clock that is so many milliseconds off. */
class Life {
  readonly job: RunningJob;
  #offset: number;
  #batches = 0;
  #wake: () => void = () => undefined;

  constructor({ plan, configs, settings }: RunnableJob, directory: string, offset: number) {
    this.#offset = offset;
    this.job = runJob({
      plan,
      configs,
      settings,
      engine: new LocalEngine({ ...settings, threads: 2 }),
      journal: new DurableJournal({ directory, keep: true }),
      clock: new SystemClock(() => Date.now() + this.#offset),
      listener: {
        batchCompleted: () => {
          this.#batches++;
          this.#wake();
        },
      },
      components: { source: catalog.sources.load, sink: catalog.sinks.load, format: catalog.formats.load },
    });
  }

  jump(milliseconds: number): void {
    this.#offset += milliseconds;
  }

  /** Resolves when so many more batches are done; rejects if the job fails before. */
  async batches(count: number): Promise<void> {
    const wanted = this.#batches + count;
    const enough = (async () => {
      while (this.#batches < wanted) await new Promise<void>((resolve) => (this.#wake = resolve));
    })();
    await Promise.race([enough, this.job.done.then(() => Promise.reject(new Error('the job has ended')))]);
  }
}

test('a clock that jumps both ways, in a life and between lives, neither loses nor doubles anything, and batch times only grow', async () => {
  const folder = new FaultyJob('files: { path: in, minAge: 0s, maxFilesPerBatch: 20 }', keepingStreams);
  const feed = new FileFeed(folder.folder);
  feed.start();
  onTestFinished(() => feed.stop());
  const job = (await loadJob(join(folder.folder, 'job.yaml'))) as RunnableJob;
  for (const offset of [0, -60_000, 5_000]) {
    const life = new Life(job, folder.checkpoint, offset);
    onTestFinished(() => life.job.abort());
    for (const jump of [0, 4_000, -1_500, 300, -30_000]) {
      life.jump(jump);
      await life.batches(3);
    }
    await (offset === -60_000 ? life.job.stop() : life.job.abort());
  }
  feed.stop();
  expect(await folder.live(['--once'])).toMatchObject({ code: 0 });

  const times = [...(await readLogged(folder.folder)).planned.keys()];
  expect(times).toEqual([...times].sort((a, b) => a - b));
  expect([...(await folder.logged()).values()].flat().sort()).toEqual([...feed.written].sort());
  await folder.expectOutputsOfLoggedInput();
});
