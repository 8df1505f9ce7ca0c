import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { StreamjobError } from '#src/base/errors.ts';
import { DurableJournal } from '#src/checkpoint/durable.ts';
import type { Recovered } from '#src/checkpoint/journal.ts';
import type { RunnableJob } from '#src/cli/load.ts';
import { isStored, readBlock, type StoredBlock } from '#src/engine/blockFile.ts';
import { valuesOf } from '#src/engine/keptEntries.ts';
import { KeptReader } from '#src/engine/keptFile.ts';
import type { Plan } from '#src/plan/plan.ts';
import { loadJob } from '#src/spec/load.ts';
import { FaultyJob } from './faultyJob.ts';
import { keepingStreams } from './jobs.ts';
import { numberServer } from './numberServer.ts';

/** A job that received, with windows and states, and was killed when a batch was planned and further data had come. */
async function killedJob(): Promise<FaultyJob> {
  const job = new FaultyJob(`socket: { host: 127.0.0.1, port: ${await numberServer()} }`, keepingStreams);
  const { signal } = await job.live(['--threads', '2', '--duration', '30s'], {
    failpoint: 'sink.renamed:40',
    env: { STREAMJOB_KEEP_ALL: '' },
  });
  expect(signal).toBe('SIGKILL');
  return job;
}

/** All that a start gets to know from the directory, as a text. */
async function contentOf(directory: string, plan: Plan): Promise<string> {
  const journal = new DurableJournal({ directory });
  try {
    const recovered = await journal.open(plan);
    return JSON.stringify([
      recovered.zeroTime,
      recovered.lastTime,
      recovered.unfinished.map(({ time }) => time),
      [...recovered.memory].map(([id, memory]) => [id, ...memory]),
      blocksOf(recovered).map((block) => readBlock(recovered.blocksDirectory!, block).data.toString()),
      await keptOf(recovered),
    ]);
  } finally {
    await journal.close().catch(() => undefined);
  }
}

function blocksOf({ unfinished, blocks }: Recovered): StoredBlock[] {
  const planned = unfinished.flatMap(({ inputs }) => [...inputs.values()].flat(2)).filter(isStored);
  return [...planned, ...[...blocks.values()].flat().map(({ stored }) => stored!)];
}

async function keptOf({ state }: Recovered): Promise<unknown> {
  return state?.read(async (pieces) => {
    const reader = new KeptReader(state.directory);
    try {
      return pieces.map((piece) => [
        piece,
        piece.kind === 'records' ? [...reader.frames(piece)] : [...valuesOf(reader, piece)],
      ]);
    } finally {
      reader.close();
    }
  });
}

/** Bits spread over all files, those at the ends of a file among them; of larger files more. */
function* bitsOf(directory: string): Generator<{ readonly name: string; readonly at: number; readonly bit: number }> {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  for (const file of files) {
    const path = join(file.parentPath, file.name);
    const { size } = statSync(path);
    const count = Math.min(size, 8 + Math.round(size / 2_000), 40);
    for (let i = 0; i < count; i++) {
      const at = Math.round((i * (size - 1)) / Math.max(1, count - 1));
      yield { name: relative(directory, path), at, bit: (i * 5) % 8 };
    }
  }
}

function flip(path: string, at: number, bit: number): void {
  const bytes = readFileSync(path);
  bytes[at]! ^= 1 << bit;
  writeFileSync(path, bytes);
}

test('a flipped bit anywhere in a checkpoint is refused by the name of its file, or does no harm', async () => {
  const job = await killedJob();
  const { plan } = (await loadJob(join(job.folder, 'job.yaml'))) as RunnableJob;
  const copy = join(mkdtempSync(join(tmpdir(), 'streamjob-flipped-')), 'checkpoint');
  onTestFinished(() => rmSync(copy, { recursive: true, force: true }));
  const anew = () => {
    rmSync(copy, { recursive: true, force: true });
    cpSync(job.checkpoint, copy, { recursive: true });
  };
  anew();
  const whole = await contentOf(copy, plan);
  const refused = new Set<string>();
  for (const { name, at, bit } of bitsOf(job.checkpoint)) {
    anew();
    flip(join(copy, name), at, bit);
    const found = await contentOf(copy, plan).catch((error: unknown) => error as StreamjobError);
    const where = `bit ${bit} of byte ${at} of ${name}`;
    if (typeof found === 'string') expect([where, found === whole]).toEqual([where, true]);
    else {
      expect([where, found.code, found.message]).toEqual([
        where,
        expect.stringMatching(/^checkpoint-/),
        expect.stringContaining(join(copy, name)),
      ]);
      refused.add(name.split('/')[0]!);
    }
  }
  expect([...refused]).toEqual(expect.arrayContaining(['blocks', 'journal', 'meta.json']));
}, 120_000);
