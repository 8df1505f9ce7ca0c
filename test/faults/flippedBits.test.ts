import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
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
  const { signal } = await job.live(['--threads', '2', '--duration', '120s'], {
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

interface Bit {
  readonly name: string;
  readonly at: number;
  readonly bit: number;
}

const bitsOfEach = 40;

/** Bits spread evenly over each file of the directory, and over all that is in each folder in it. */
const bitsOf = (directory: string): Bit[] =>
  readdirSync(directory).flatMap((top) => {
    const bytes = filesIn(join(directory, top)).flatMap((path) =>
      Array.from({ length: statSync(path).size }, (_, at) => ({ name: relative(directory, path), at })),
    );
    const count = Math.min(bytes.length, bitsOfEach);
    return Array.from({ length: count }, (_, i) => ({
      ...bytes[Math.round((i * (bytes.length - 1)) / (count - 1))]!,
      bit: (i * 5) % 8,
    }));
  });

function filesIn(path: string): string[] {
  if (statSync(path).isFile()) return [path];
  return readdirSync(path)
    .sort()
    .flatMap((name) => filesIn(join(path, name)));
}

function flip(path: string, at: number, bit: number): void {
  const bytes = readFileSync(path);
  bytes[at]! ^= 1 << bit;
  writeFileSync(path, bytes);
}

/** Where syncs take no time. */
const memory = '/dev/shm';

test('a flipped bit anywhere in a checkpoint is refused by the name of its file, or does no harm', async () => {
  const job = await killedJob();
  const { plan } = (await loadJob(join(job.folder, 'job.yaml'))) as RunnableJob;
  const copy = join(mkdtempSync(join(existsSync(memory) ? memory : tmpdir(), 'streamjob-flipped-')), 'checkpoint');
  onTestFinished(() => rmSync(dirname(copy), { recursive: true, force: true }));
  const anew = () => {
    rmSync(copy, { recursive: true, force: true });
    cpSync(job.checkpoint, copy, { recursive: true });
  };
  anew();
  const whole = await contentOf(copy, plan);
  const refused = new Map<string, Bit>();
  for (const flipped of bitsOf(job.checkpoint)) {
    const { name, at, bit } = flipped;
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
      refused.set(name.split('/')[0]!, flipped);
    }
  }
  expect([...refused.keys()].sort()).toEqual(expect.arrayContaining(['blocks', 'journal', 'meta.json', 'state']));

  const { name, at, bit } = refused.get('state')!;
  flip(join(job.checkpoint, name), at, bit);
  const { code, stderr } = await job.live(['--batches', '1']);
  expect([code, stderr]).toEqual([3, expect.stringContaining(join(job.checkpoint, name))]);
});
