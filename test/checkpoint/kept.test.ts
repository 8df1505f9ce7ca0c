import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { type Disk, realDisk } from '#src/checkpoint/disk.ts';
import { inspect } from '#src/checkpoint/inspect.ts';
import { breakLock } from '#src/checkpoint/lock.ts';
import { readMeta, writeMeta } from '#src/checkpoint/meta.ts';
import { valuesOf } from '#src/engine/keptEntries.ts';
import { KeptReader, KeptWriter } from '#src/engine/keptFile.ts';
import type { KeptPiece, KeptState } from '#src/engine/keptPiece.ts';
import { batchOf, emptyBatch, KeptCheckpoint, out, planWith, sliding, update, write } from './keptJob.ts';

const timesOf = (pieces: readonly KeptPiece[]): number[] => pieces.map(({ time }) => time);
const seconds = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, i) => (from + i) * 1_000);

/** With an entry of so many bytes a file takes no more pieces. */
const fileFull = 16_100_000;
/** No merging of its own accord. */
const apart = { interval: 600_000 };

describe('pieces of windows and states', () => {
  test('count from when their batch is done, and outlive restarts', async () => {
    const plan = await planWith(out(update));
    const checkpoint = new KeptCheckpoint();
    await checkpoint.life(plan, async (journal, { state }) => {
      expect(state.directory).toBe(join(checkpoint.directory, 'state'));
      const writer = new KeptWriter(state.directory, `${state.run}-1`);
      await journal.planned(batchOf(5_000), new Map());
      const kept = await write(writer, plan, 5_000);
      expect(await state.read(async (pieces) => pieces)).toEqual([]);
      await journal.done(5_000, true, kept);
      expect(await state.read(async (pieces) => pieces)).toEqual(kept);
      await write(writer, plan, 6_000);
      await writer.close();
    });
    for (let life = 0; life < 2; life++) expect(timesOf(await checkpoint.pieces(plan))).toEqual([5_000]);
  });

  test('are none of a job that keeps nothing', async () => {
    const plan = await planWith(out('map: x => x'));
    const found = await new KeptCheckpoint().life(plan, async (_, recovered) => recovered);
    expect(found.state).toBeUndefined();
  });

  test('leave when no window has them any more, the newest never', async () => {
    const plan = await planWith(out(sliding('3s')));
    const checkpoint = new KeptCheckpoint();
    await checkpoint.batches(plan, seconds(1, 7));
    expect(timesOf(await checkpoint.pieces(plan))).toEqual([5_000, 6_000, 7_000]);
    await checkpoint.life(plan, async (journal) => {
      await journal.planned(batchOf(60_000), new Map());
      await journal.done(60_000);
    });
    expect(timesOf(await checkpoint.pieces(plan))).toEqual([7_000]);
  });

  test('stay until the slide that they are for, if that is longer than the window', async () => {
    const plan = await planWith(out(sliding('1s', '4s')));
    const checkpoint = new KeptCheckpoint();
    await checkpoint.batches(plan, seconds(1, 6));
    expect(timesOf(await checkpoint.pieces(plan))).toEqual([3_000, 4_000, 5_000, 6_000]);
  });

  test('that a longer window would have are not there again once they have left', async () => {
    const checkpoint = new KeptCheckpoint();
    const keep = { keep: true };
    await checkpoint.batches(await planWith(out(sliding('2s'))), seconds(1, 4), keep);
    const longer = await planWith(out(sliding('4s')));
    await checkpoint.batches(longer, seconds(5, 7), keep);
    expect(timesOf(await checkpoint.pieces(longer))).toEqual([4_000, 5_000, 6_000, 7_000]);
    await checkpoint.batches(await planWith(out(sliding('2s'))), seconds(8, 8), keep);
    expect(timesOf(await checkpoint.pieces(longer))).toEqual([7_000, 8_000]);
  });

  test('are written anew with the journal', async () => {
    const plan = await planWith(out(sliding('3s'), update));
    const checkpoint = new KeptCheckpoint();
    await checkpoint.life(
      plan,
      async (journal, { state }) => {
        const writer = new KeptWriter(state.directory, `${state.run}-1`);
        for (const time of seconds(1, 60)) {
          await journal.planned(batchOf(time), new Map([[0, new Map([['big', 'x'.repeat(50_000)]])]]));
          await journal.done(time, true, await write(writer, plan, time));
        }
        await writer.close();
        expect(checkpoint.journal.length).toBeLessThan(1_200_000);
      },
      apart,
    );
    const pieces = await checkpoint.pieces(plan);
    expect(timesOf(pieces.filter(({ kind }) => kind === 'window'))).toEqual([58_000, 59_000, 60_000]);
    expect(pieces.filter(({ kind }) => kind === 'state').at(-1)).toMatchObject({ time: 60_000 });
  });

  test('do not count if the line that names them was not written whole', async () => {
    const plan = await planWith(out(update));
    const checkpoint = new KeptCheckpoint();
    await checkpoint.batches(plan, seconds(1, 3), { keep: true });
    writeFileSync(join(checkpoint.directory, 'journal'), checkpoint.journal.slice(0, -30));
    expect(timesOf(await checkpoint.pieces(plan))).toEqual([1_000, 2_000]);
  });
});

describe('files of pieces', () => {
  test('go when nothing in them counts, and that is safe', async () => {
    const plan = await planWith(out(sliding('2s')));
    const checkpoint = new KeptCheckpoint();
    await checkpoint.life(plan, async (journal, { state }) => {
      const writer = new KeptWriter(state.directory, `${state.run}-1`);
      for (const time of seconds(1, 4)) {
        await journal.planned(batchOf(time), new Map());
        await journal.done(time, true, await write(writer, plan, time, fileFull));
      }
      await writer.close();
      expect(checkpoint.files).toEqual(['1-1-2', '1-1-3', '1-1-4']);
      await state.read(async () => {
        await journal.synced();
        expect(checkpoint.files, 'while they are read').toHaveLength(3);
      });
      await journal.planned(batchOf(5_000), new Map());
      expect(checkpoint.files).toEqual(['1-1-3', '1-1-4']);
    });
  });

  test('are left alone by a process that has lost the checkpoint', async () => {
    const plan = await planWith(out(sliding('1s')));
    const checkpoint = new KeptCheckpoint();
    const work = checkpoint.life(plan, async (journal, { state }) => {
      const writer = new KeptWriter(state.directory, `${state.run}-1`);
      for (const time of seconds(1, 2)) {
        await journal.planned(batchOf(time), new Map());
        await journal.done(time, true, await write(writer, plan, time, fileFull));
      }
      await writer.close();
      breakLock(join(checkpoint.directory, 'lock'));
      await journal.synced();
    });
    await expect(work).rejects.toMatchObject({ code: 'checkpoint-locked' });
    expect(checkpoint.files).toEqual(['1-1-1', '1-1-2']);
  });

  test('of a run that was killed are removed if they hold nothing, and no run uses their names again', async () => {
    const plan = await planWith(out(update));
    const checkpoint = new KeptCheckpoint();
    await checkpoint.batches(plan, seconds(1, 2));
    for (const name of ['9-1-1', 'merge9.1.0-1']) appendFileSync(join(checkpoint.directory, 'state', name), 'junk');
    const run = await checkpoint.life(plan, async (_, { state }) => state.run);
    expect(run).toBe('10');
    expect(checkpoint.files).toEqual(['1-1-1']);
  });

  test('are gone with fresh', async () => {
    const plan = await planWith(out(update));
    const checkpoint = new KeptCheckpoint();
    await checkpoint.batches(plan, seconds(1, 2));
    await checkpoint.life(plan, async () => expect(checkpoint.files).toEqual([]), { fresh: true });
  });
});

test('a directory of format 1, which kept nothing of windows and states, is gone on with', async () => {
  const plan = await planWith(out(update));
  const checkpoint = new KeptCheckpoint();
  await checkpoint.life(plan, (journal) => journal.planned(batchOf(1_000), new Map()));
  const path = join(checkpoint.directory, 'meta.json');
  await writeMeta(path, { ...(await readMeta(path))!, format: 1 }, realDisk);
  const { unfinished } = await checkpoint.life(plan, async (_, recovered) => recovered);
  expect(unfinished).toMatchObject([{ time: 1_000 }]);
  expect(checkpoint.logged.at(-1)).toMatch(/^info out\/1 begins with nothing/);
  expect(await readMeta(path)).toMatchObject({ format: 2 });
});

describe('merging', () => {
  test('goes on while batches are done, and the file that is still written stays', async () => {
    const plan = await planWith(out(update));
    const checkpoint = new KeptCheckpoint();
    const work: Parameters<KeptCheckpoint['life']>[1] = async (journal, { state }) => {
      const writer = new KeptWriter(state.directory, `${state.run}-1`);
      for (const time of seconds(1, 3)) {
        await journal.planned(batchOf(time), new Map());
        await journal.done(time, true, await write(writer, plan, time));
        if (time > 1_000) await until(() => state.read(async ([first, ...more]) => first!.whole && more.length === 0));
        await journal.synced();
        expect(checkpoint.files).toContain('1-1-1');
      }
      await writer.close();
      expect(await keysOf(state)).toEqual(['key 1000', 'key 2000', 'key 3000']);
    };
    await checkpoint.life(plan, work, { interval: 1 });
    expect(checkpoint.logged).toEqual([]);
  });

  test('is done at the end where a run was too short for it, and old files go with the next', async () => {
    const plan = await planWith(out(update));
    const checkpoint = new KeptCheckpoint();
    for (let time = 1; time <= 16; time++) await checkpoint.batches(plan, [time * 1_000], apart);
    expect(await checkpoint.pieces(plan)).toMatchObject([{ whole: true, entries: 16, time: 16_000 }]);
    expect(checkpoint.files).toEqual(['merge16.1.0-1']);
    const { keepers } = await inspect(checkpoint.directory);
    expect(keepers).toMatchObject([{ id: 'out/1', exact: true, entries: 16, pieces: 1 }]);
  });

  test('that fails is a warning, said once, and tried again', async () => {
    const plan = await planWith(out(update));
    const checkpoint = new KeptCheckpoint();
    await checkpoint.batches(plan, seconds(1, 2));
    const file = join(checkpoint.directory, 'state/1-1-1');
    const content = readFileSync(file);
    writeFileSync(file, content.subarray(0, 20));
    await checkpoint.life(
      plan,
      async (journal, { state }) => {
        await journal.planned(batchOf(3_000), new Map());
        await journal.done(3_000);
        await until(() => checkpoint.logged.length > 0);
        expect(checkpoint.logged).toEqual([
          expect.stringMatching(/^warn states could not be merged.*1-1-1 is damaged/),
        ]);
        writeFileSync(file, content);
        await until(() => state.read(async (pieces) => pieces.length === 1));
        await journal.check(true);
      },
      { interval: 5 },
    );
    expect(checkpoint.logged).toHaveLength(1);
  });
});

describe('syncs of the journal', () => {
  /** How many there are during the work, between opening and closing. */
  async function syncsOf(work: Parameters<KeptCheckpoint['life']>[1]): Promise<number> {
    let syncs = 0;
    const disk: Disk = {
      ...realDisk,
      sync: (file, what) => {
        syncs++;
        return realDisk.sync(file, what);
      },
    };
    const plan = await planWith(out(sliding('2s'), update));
    return new KeptCheckpoint().life(
      plan,
      async (journal, recovered) => {
        syncs = 0;
        await work(journal, recovered);
        return syncs;
      },
      { disk, ...apart },
    );
  }

  test('there is one for a batch with what it has kept', async () => {
    const plan = await planWith(out(sliding('2s'), update));
    const syncs = await syncsOf(async (journal, { state }) => {
      const writer = new KeptWriter(state.directory, `${state.run}-1`);
      for (const time of seconds(1, 5)) {
        await journal.planned(batchOf(time), new Map());
        await journal.check(true);
        await journal.done(time, true, await write(writer, plan, time));
      }
      await writer.close();
    });
    expect(syncs).toBe(5);
  });

  test('there is none for a batch that reads nothing and shows nothing, and one before it shows something', async () => {
    const syncs = await syncsOf(async (journal) => {
      for (const time of seconds(1, 5)) {
        await journal.planned(emptyBatch(time), new Map());
        await journal.done(time);
      }
    });
    expect(syncs).toBe(0);
    const shown = await syncsOf(async (journal) => {
      await journal.planned(emptyBatch(1_000), new Map());
      await journal.check(true);
      await journal.check(true);
      await journal.done(1_000);
    });
    expect(shown).toBe(1);
  });

  test('what a source remembers of a batch that reads nothing is safe', async () => {
    const memory = new Map([[0, new Map([['file', '1']])]]);
    expect(await syncsOf((journal) => journal.planned(emptyBatch(1_000), memory))).toBe(1);
  });
});

async function keysOf(state: KeptState): Promise<unknown[]> {
  const reader = new KeptReader(state.directory);
  const entries = await state.read(async (pieces) => pieces.flatMap((piece) => [...valuesOf(reader, piece)]));
  reader.close();
  const keys = new Map(entries.map((entry) => entry as [string, number]));
  return [...keys.keys()].sort((a, b) => Number(a.slice(4)) - Number(b.slice(4)));
}

async function until(happened: () => unknown): Promise<void> {
  for (const deadline = Date.now() + 120_000; !(await happened()); await setTimeout(5))
    if (Date.now() > deadline) throw new Error('It has not happened within a minute.');
}
