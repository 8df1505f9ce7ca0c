import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { StreamjobError } from '#src/base/errors.ts';
import { type Disk, realDisk } from '#src/checkpoint/disk.ts';
import { DurableJournal, type DurableOptions } from '#src/checkpoint/durable.ts';
import type { Recovered } from '#src/checkpoint/journal.ts';
import { breakLock } from '#src/checkpoint/lock.ts';
import { BlockWriter } from '#src/engine/blockFile.ts';
import type { Batch } from '#src/engine/engine.ts';
import { PlanBuilder } from '#src/plan/builder.ts';
import type { Plan } from '#src/plan/plan.ts';
import { planOf } from '../engines/runPlan.ts';

let directory: string;
beforeEach(() => {
  directory = join(mkdtempSync(join(tmpdir(), 'streamjob-')), 'checkpoint');
});

function plan(
  change: { name?: string; batchInterval?: number; source?: string; component?: string; path?: string } = {},
): Plan {
  const { name = 'job', batchInterval = 1_000, source = 'lines', component = 'files', path = 'out' } = change;
  const builder = new PlanBuilder();
  builder.origin = { name: source, component };
  const input = builder.source({ config: {} });
  builder.origin = { name: 'sink', component: 'files' };
  builder.sink({ input, config: { path } });
  return { ...planOf(builder, batchInterval), name };
}

const batch = (time: number, splits: object[] = [{ path: `/in/${time}` }]): Batch => ({
  time,
  zeroTime: 4_000,
  inputs: new Map([[0, [splits as never]]]),
});

const remember = (key: string, value: string | null) => new Map([[0, new Map([[key, value]])]]);

/** Opens, does the work, and closes. */
async function life<T>(
  work: (journal: DurableJournal, recovered: Recovered) => Promise<T>,
  options: Partial<DurableOptions> = {},
  job = plan(),
): Promise<T> {
  const journal = new DurableJournal({ directory, ...options });
  try {
    return await work(journal, await journal.open(job));
  } finally {
    await journal.close().catch(() => undefined);
  }
}

/** Closed with the test. */
async function writerIn(blocks: string | undefined): Promise<BlockWriter> {
  const writer = await BlockWriter.open(blocks!, 'lines');
  onTestFinished(() => writer.close());
  return writer;
}

const recovered = (job = plan()) => life(async (_, found) => found, {}, job);

const errorOf = async (work: Promise<unknown>): Promise<StreamjobError> => {
  const thrown = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(thrown).toBeInstanceOf(StreamjobError);
  return thrown as StreamjobError;
};

describe('what a run leaves to the next', () => {
  test('nothing, if there has been none', async () => {
    const found = await recovered();
    expect(found).toMatchObject({ unfinished: [], sinks: new Set(), blocks: new Map() });
    expect(found.zeroTime).toBeUndefined();
    expect(statSync(directory).mode & 0o777).toBe(0o700);
  });

  test('its zero time, newest batch, batches not done, memory and sinks', async () => {
    await life(async (journal) => {
      await journal.planned(batch(5_000), remember('a', '1'));
      await journal.planned(batch(6_000), remember('b', '2'));
      await journal.planned(batch(7_000), remember('a', null));
      await journal.done(5_000);
    });
    for (let i = 0; i < 2; i++) {
      expect(await recovered()).toMatchObject({
        zeroTime: 4_000,
        lastTime: 7_000,
        unfinished: [batch(6_000), batch(7_000)],
        memory: new Map([[0, new Map([['b', '2']])]]),
        sinks: new Set([1]),
      });
    }
  });

  test('a sink with other settings has not written the batches that wait', async () => {
    await life((journal) => journal.planned(batch(5_000), new Map()));
    expect((await recovered(plan({ path: 'elsewhere' }))).sinks).toEqual(new Set());
  });

  test('a batch that failed, or was skipped, is not run, and what was to be done after it is forgotten', async () => {
    await life(async (journal) => {
      await journal.planned(batch(5_000), remember('@5000/dispose', 'x'));
      await journal.planned(batch(6_000), remember('@6000/dispose', 'y'));
      await journal.planned(batch(7_000), remember('@7000/dispose', 'z'));
      await journal.done(5_000, false);
      await journal.skip(6_000, 9_999);
      await journal.done(7_000);
    });
    const { unfinished, memory } = await recovered();
    expect(unfinished).toEqual([]);
    expect(memory).toEqual(new Map([[0, new Map([['@7000/dispose', 'z']])]]));
  });

  test('nothing with fresh', async () => {
    await life((journal) => journal.planned(batch(5_000), remember('a', '1')));
    const found = await life(async (_, inner) => inner, { fresh: true }, plan({ name: 'another' }));
    expect(found).toMatchObject({ unfinished: [], memory: new Map([[0, new Map()]]) });
  });

  test('received data that is in no batch, and none that is', async () => {
    const stored = await life(async (journal, { blocksDirectory }) => {
      const writer = await writerIn(blocksDirectory);
      const contents = ['a\n', 'b\n', 'c\n'].map((text) => ({ data: [Buffer.from(text)], bad: new Uint8Array() }));
      const blocks = await writer.append(contents);
      await journal.planned(batch(5_000, [{ block: 1, ...blocks[0]! }]), new Map());
      return blocks;
    });
    const { unfinished, blocks } = await recovered();
    expect(unfinished).toEqual([batch(5_000, [stored[0]!])]);
    expect(blocks.get(0)).toEqual([stored[1], stored[2]].map((block) => ({ bytes: 2, stored: block })));
  });
});

describe('files of blocks', () => {
  test('go when all of their batches are done, and safely so', async () => {
    for (const time of [5_000, 6_000, 7_000]) {
      await life(async (journal, { blocksDirectory }) => {
        const writer = await writerIn(blocksDirectory);
        const [block] = await writer.append([{ data: [Buffer.from('a\n')], bad: new Uint8Array() }]);
        await journal.planned(batch(time, [block!]), new Map());
        if (time < 7_000) await journal.done(time);
      });
    }
    expect(readdirSync(join(directory, 'blocks/lines'))).toEqual(['3']);
  });

  test('a block that was not written whole is left out, one that is damaged refused', async () => {
    await life(async (_, { blocksDirectory }) => {
      const writer = await writerIn(blocksDirectory);
      await writer.append([{ data: [Buffer.from('whole\n')], bad: new Uint8Array() }]);
      await writer.append([{ data: [Buffer.from('more\n')], bad: new Uint8Array() }]);
    });
    const file = join(directory, 'blocks/lines/1');
    const { size } = statSync(file);
    truncateSync(file, size - 3);
    expect((await recovered()).blocks.get(0)).toHaveLength(1);
    const bytes = readFileSync(file);
    bytes[20]! ^= 4;
    writeFileSync(file, bytes);
    expect(await errorOf(recovered())).toMatchObject({
      code: 'checkpoint-damaged',
      message: expect.stringContaining(file),
    });
  });
});

describe('a journal', () => {
  const waiting = () =>
    life(
      async (journal) => {
        await journal.planned(batch(5_000), remember('a', 'ü'));
        await journal.planned(batch(6_000), remember('b', '2'));
      },
      { keep: true },
    );

  test('whose last line was not written whole is cut there', async () => {
    await waiting();
    const whole = readFileSync(join(directory, 'journal'));
    const start = whole.lastIndexOf('\n', whole.length - 2) + 1;
    for (const length of [start + 1, start + 9, start + 40, whole.length - 1]) {
      writeFileSync(join(directory, 'journal'), whole.subarray(0, length));
      expect((await recovered()).lastTime, `${length} of ${whole.length} bytes`).toBe(5_000);
    }
  });

  test('with a hole at its end, as a loss of power leaves it, is cut there', async () => {
    await waiting();
    appendFileSync(join(directory, 'journal'), Buffer.concat([Buffer.alloc(100), Buffer.from('"}]\n')]));
    expect((await recovered()).lastTime).toBe(6_000);
  });

  test('or any other file with one bit turned is refused or reads the same, wherever the bit is', async () => {
    await waiting();
    const expected = await recovered();
    for (const name of ['journal', 'meta.json']) {
      const path = join(directory, name);
      const good = readFileSync(path);
      for (let at = 0; at < good.length; at += name === 'journal' ? 3 : 11) {
        const bad = Buffer.from(good);
        bad[at]! ^= 1 << (at % 8);
        writeFileSync(path, bad);
        const found = await recovered().catch((error: unknown) => error);
        if (found instanceof StreamjobError) expect(['checkpoint-damaged', 'checkpoint-foreign']).toContain(found.code);
        else expect(found, `${name}, byte ${at}`).toEqual(expected);
        writeFileSync(path, good);
      }
    }
  });

  test('does not grow for ever', async () => {
    await life(async (journal) => {
      const big = 'x'.repeat(50_000);
      for (let time = 5_000; time < 105_000; time += 1_000) {
        await journal.planned(batch(time), remember('big', big));
        await journal.done(time);
      }
      expect(statSync(join(directory, 'journal')).size).toBeLessThan(1_200_000);
      await journal.planned(batch(200_000), new Map());
    });
    expect(await recovered()).toMatchObject({ lastTime: 200_000, unfinished: [batch(200_000)] });
  });

  test('takes one sync for each batch, and one more only if somebody waits for done to be safe', async () => {
    let syncs = 0;
    const disk: Disk = {
      ...realDisk,
      sync: (file, what) => {
        syncs++;
        return realDisk.sync(file, what);
      },
    };
    await life(
      async (journal) => {
        syncs = 0;
        for (const time of [5_000, 6_000, 7_000]) {
          await journal.planned(batch(time), new Map());
          await journal.done(time);
        }
        expect(syncs).toBe(3);
        await journal.synced();
        await journal.synced();
        expect(syncs).toBe(4);
      },
      { disk },
    );
  });

  test('that could not be written is not written again, and the next run reads what was safe', async () => {
    let full = false;
    const disk: Disk = {
      ...realDisk,
      append: async (file, bytes, what) => {
        if (!full) return realDisk.append(file, bytes, what);
        await file.writeFile(bytes.subarray(0, 10));
        throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
      },
    };
    await life(
      async (journal) => {
        await journal.planned(batch(5_000), new Map());
        full = true;
        const error = await errorOf(journal.planned(batch(6_000), new Map()));
        expect(error).toMatchObject({ code: 'checkpoint-failed', remedy: expect.stringContaining('Make room') });
        full = false;
        expect(await errorOf(journal.done(5_000))).toBe(error);
        expect(await errorOf(journal.check(true))).toBe(error);
      },
      { disk },
    );
    expect(await recovered()).toMatchObject({ lastTime: 5_000, unfinished: [batch(5_000)] });
  });
});

describe('a directory is refused', () => {
  test.each([
    ['of another job', plan({ name: 'other' }), /of the job job, and this is other/],
    ['with another batch interval', plan({ batchInterval: 2_000 }), /interval 1s, and the job has 2s/],
    ['whose source has become another kind', plan({ component: 'socket' }), /`files`, and the job has `socket`/],
    ['with a batch that waits and reads a source that is gone', plan({ source: 'lost' }), /reads the source lines/],
  ])('%s', async (_, job, message) => {
    await life((journal) => journal.planned(batch(5_000), new Map()));
    expect(await errorOf(recovered(job))).toMatchObject({
      code: 'checkpoint-foreign',
      message: expect.stringMatching(message),
    });
    expect((await recovered()).lastTime).toBe(5_000);
  });

  test('of a newer version', async () => {
    await life((journal) => journal.planned(batch(5_000), new Map()));
    const path = join(directory, 'meta.json');
    writeFileSync(path, readFileSync(path, 'utf8').replace('"format": 2', '"format": 3'));
    expect(await errorOf(recovered())).toMatchObject({
      code: 'checkpoint-foreign',
      message: expect.stringContaining('format 3'),
    });
  });

  test.each(['meta.json', 'journal'])('without its %s', async (name) => {
    await life((journal) => journal.planned(batch(5_000), new Map()));
    rmSync(join(directory, name));
    expect(await errorOf(recovered())).toMatchObject({
      code: 'checkpoint-damaged',
      message: expect.stringContaining(name),
    });
  });

  test('that is a file', async () => {
    writeFileSync(directory, '');
    expect(await errorOf(recovered())).toMatchObject({ code: 'checkpoint-failed' });
    expect(existsSync(directory)).toBe(true);
  });
});

describe('who has been suspended while another process took over', () => {
  /** The first one, with what it has open still, and the second one. */
  async function twoAfter(work: (journal: DurableJournal, found: Recovered) => Promise<void>) {
    const first = new DurableJournal({ directory });
    onTestFinished(() => first.close().catch(() => undefined));
    await work(first, await first.open(plan()));
    breakLock(join(directory, 'lock'));
    const second = new DurableJournal({ directory });
    onTestFinished(() => second.close().catch(() => undefined));
    return { first, second, found: await second.open(plan()) };
  }

  test('does not write the journal anew', async () => {
    const { first, second } = await twoAfter(async (journal) => {
      await journal.planned(batch(5_000, [{ path: 'x'.repeat(1_500_000) }]), new Map());
    });
    await expect(first.done(5_000)).rejects.toMatchObject({ code: 'checkpoint-locked' });
    await second.done(5_000);
    await second.planned(batch(6_000), new Map());
    await second.close();
    expect((await recovered()).unfinished.map(({ time }) => time)).toEqual([6_000]);
  });

  test('does not remove what has been received', async () => {
    const content = { data: [Buffer.from('a\n')], bad: Buffer.from('-') };
    const { first, found } = await twoAfter(async (journal, { blocksDirectory }) => {
      for (const time of [5_000, 6_000]) {
        const [stored] = await (await writerIn(blocksDirectory)).append([content]);
        await journal.planned(batch(time, [stored!]), new Map());
      }
    });
    await first.done(5_000);
    await expect(first.synced()).rejects.toMatchObject({ code: 'checkpoint-locked' });
    expect(found.unfinished).toHaveLength(2);
    expect(readdirSync(join(directory, 'blocks', 'lines'))).toEqual(['1', '2']);
  });
});
