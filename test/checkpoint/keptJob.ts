import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DurableJournal, type DurableOptions } from '#src/checkpoint/durable.ts';
import type { Recovered } from '#src/checkpoint/journal.ts';
import type { Batch } from '#src/engine/engine.ts';
import { framesOf, KeptWriter, type PieceHead } from '#src/engine/keptFile.ts';
import type { KeptPiece, KeptState } from '#src/engine/keptPiece.ts';
import { keepersOf } from '#src/plan/kept.ts';
import type { Plan } from '#src/plan/plan.ts';
import { loadJob } from '#src/spec/load.ts';

/** The plan of a job over pairs whose streams are given in YAML. */
export async function planWith(
  streams: string,
  more: { interval?: string; source?: string; sinks?: string } = {},
): Promise<Plan> {
  const { interval = '1s', source = 'pairs', sinks = '[{ from: out, print: {} }]' } = more;
  const path = join(mkdtempSync(join(tmpdir(), 'streamjob-plan-')), 'job.yaml');
  const sources = `sources: { ${source}: { queue: { batches: [] } } }`;
  writeFileSync(
    path,
    `batchInterval: ${interval}\ncheckpoint: kept\n${sources}\nstreams:\n${streams}\nsinks: ${sinks}\n`,
  );
  const { plan, problems } = await loadJob(path);
  if (!plan) throw new Error(JSON.stringify(problems));
  return plan;
}

/** A stream `out` with these steps, each a line. */
export const out = (...steps: readonly string[]): string =>
  `  out: { from: pairs, steps: [${steps.map((step) => `{ ${step} }`).join(', ')}] }`;

export const update = "updateStateByKey: '(values, state) => values.length + (state ?? 0)'";
export const sliding = (length: string, slide = '1s'): string =>
  `reduceByKeyAndWindow: { reduce: '(a, b) => a + b', length: ${length}, slide: ${slide} }`;

export const emptyBatch = (time: number): Batch => ({ time, zeroTime: 0, inputs: new Map() });
export const batchOf = (time: number): Batch => ({
  ...emptyBatch(time),
  inputs: new Map([[0, [[{ records: [time] } as never]]]]),
});

/** One life of a journal after the other in one directory, and what the engine would write there. */
export class KeptCheckpoint {
  readonly directory = join(mkdtempSync(join(tmpdir(), 'streamjob-')), 'checkpoint');
  readonly logged: string[] = [];

  /** Opens, does the work, and closes. */
  async life<T>(
    plan: Plan,
    work: (journal: DurableJournal, recovered: Recovered & { state: KeptState }) => Promise<T>,
    options: Partial<DurableOptions> = {},
  ): Promise<T> {
    const log: DurableOptions['log'] = (level, message) => this.logged.push(`${level} ${message}`);
    const journal = new DurableJournal({ directory: this.directory, log, ...options });
    try {
      return await work(journal, (await journal.open(plan)) as Recovered & { state: KeptState });
    } finally {
      await journal.close();
    }
  }

  get files(): readonly string[] {
    return readdirSync(join(this.directory, 'state')).sort();
  }

  get journal(): string {
    return readFileSync(join(this.directory, 'journal'), 'utf8');
  }

  /** Plans and ends batches, each of which has brought a piece of one entry to each keeper of the plan. */
  async batches(plan: Plan, times: readonly number[], options: Partial<DurableOptions> = {}): Promise<void> {
    await this.life(
      plan,
      async (journal, { state }) => {
        const writer = new KeptWriter(state.directory, `${state.run}-1`);
        for (const time of times) {
          await journal.planned(batchOf(time), new Map());
          await journal.done(time, true, await write(writer, plan, time));
        }
        await writer.close();
      },
      options,
    );
  }

  pieces(plan: Plan): Promise<readonly KeptPiece[]> {
    return this.life(plan, (_, { state }) => state.read(async (pieces) => pieces));
  }
}

/** A synced piece for each keeper, with an entry of its own, and another one of so many bytes. */
export async function write(writer: KeptWriter, plan: Plan, time: number, bytes = 0): Promise<KeptPiece[]> {
  const entries: unknown[] = [[`key ${time}`, time, time]];
  if (bytes > 0) entries.push(['large', new Uint8Array(bytes), time]);
  const kept: KeptPiece[] = [];
  for (const { id: keeper, kind } of keepersOf(plan)) {
    const head: PieceHead = { keeper, kind, time, partition: 0, partitions: 1 };
    kept.push(await writer.piece(head, framesOf(entries)));
  }
  await writer.sync();
  return kept;
}
