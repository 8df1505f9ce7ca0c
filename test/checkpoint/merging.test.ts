import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { mergeFiles } from '#src/checkpoint/mergeFiles.ts';
import { isOverdue, mergesOf, placesOf } from '#src/checkpoint/merges.ts';
import { JournalState } from '#src/checkpoint/state.ts';
import { type StateEntry, valuesOf } from '#src/engine/keptEntries.ts';
import { framesOf, KeptReader, KeptWriter } from '#src/engine/keptFile.ts';
import type { KeptPiece } from '#src/engine/keptPiece.ts';
import { keyGroup, partitionOfGroup } from '#src/plan/hash.ts';

/** States as one map, and the same as pieces in files. */
class TwoStates {
  readonly directory = mkdtempSync(join(tmpdir(), 'streamjob-merging-'));
  readonly naive = new Map<string, { state: unknown; touched: number }>();
  journal = new JournalState();
  #time = 0;
  #files = 0;

  get pieces(): readonly KeptPiece[] {
    return this.journal.pieces.byKeeper.get('totals/1') ?? [];
  }

  async batch(changes: readonly Change[], partitions: number): Promise<void> {
    const time = ++this.#time;
    const entries = new Map(changes.map((change) => [change.key, this.#apply(change, time)]));
    const writer = new KeptWriter(this.directory, `1-${++this.#files}`);
    const kept: KeptPiece[] = [];
    for (let partition = 0; partition < partitions; partition++) {
      const own = [...entries].filter(([key]) => partitionOfGroup(keyGroup(key), partitions) === partition);
      if (own.length === 0 && time > 1) continue;
      const head = { keeper: 'totals/1', kind: 'state', time, partition, partitions } as const;
      kept.push(await writer.piece(head, framesOf(own.map(([, entry]) => entry))));
    }
    await writer.sync();
    await writer.close();
    this.journal.apply({ done: time, kept });
  }

  #apply({ key, kind }: Change, time: number): StateEntry {
    const known = this.naive.get(key);
    if (kind === 'remove' && known) this.naive.delete(key);
    if (kind === 'remove') return [key];
    if (kind === 'touch' && known) {
      this.naive.set(key, { ...known, touched: time });
      return [key, time];
    }
    this.naive.set(key, { state: { time }, touched: time });
    return [key, { time }, time];
  }

  async merge(): Promise<void> {
    const merges = mergesOf(this.pieces);
    if (merges.length === 0) return;
    const name = `merge1.${++this.#files}`;
    const merged = await mergeFiles({ directory: this.directory, name, merges });
    this.journal.apply({ merged, of: placesOf(merges) });
  }

  /** The journal is read back, from what it adds up to. */
  restart(): void {
    const again = new JournalState();
    for (const entry of JSON.parse(JSON.stringify([...this.journal.entries()])) as never[]) again.apply(entry);
    this.journal = again;
  }

  /** What the pieces say, merged into any number of partitions. */
  async read(partitions: number): Promise<StateEntry[]> {
    const shares = Array.from({ length: partitions }, (_, partition) => ({ partition, partitions }));
    const merges = shares.map((share) => ({ pieces: this.pieces, share, whole: true }));
    const merged = await mergeFiles({ directory: this.directory, name: `read${++this.#files}`, merges });
    const reader = new KeptReader(this.directory);
    const read = merged.flatMap((piece) => [...valuesOf(reader, piece)] as StateEntry[]);
    reader.close();
    return read;
  }
}

type Change = { readonly key: string; readonly kind: 'put' | 'touch' | 'remove' };
const change = fc.record<Change>({
  key: fc.integer({ min: 0, max: 30 }).map(String),
  kind: fc.constantFrom('put', 'touch', 'remove'),
});
const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      changes: fc.uniqueArray(change, { maxLength: 8, selector: ({ key }) => key }),
      partitions: fc.integer({ min: 1, max: 3 }),
    }),
  },
  { weight: 2, arbitrary: fc.constantFrom('merge' as const, 'restart' as const) },
);

const twoStates = (): TwoStates => {
  const both = new TwoStates();
  onTestFinished(() => rmSync(both.directory, { recursive: true }));
  return both;
};

const put = (key: number): Change => ({ key: String(key), kind: 'put' });

describe('pieces of states that are merged', () => {
  test('say the same as a map, whatever was merged when, with any number of partitions', async () => {
    const property = fc.asyncProperty(
      fc.array(step, { minLength: 5, maxLength: 25 }),
      fc.integer({ min: 1, max: 4 }),
      async (steps, partitions) => {
        const both = new TwoStates();
        let last = 1;
        try {
          await both.batch(
            Array.from({ length: 31 }, (_, key) => put(key)),
            1,
          );
          for (const step of steps) {
            if (step === 'merge') await both.merge();
            else if (step === 'restart') both.restart();
            else {
              // The number of partitions changes seldom.
              if (step.changes.length < 2) last = step.partitions;
              await both.batch(step.changes, last);
            }
          }
          const expected = [...both.naive].map(([key, { state, touched }]) => [key, state, touched]);
          expect((await both.read(partitions)).sort(byKey)).toEqual(expected.sort(byKey));
        } finally {
          rmSync(both.directory, { recursive: true });
        }
      },
    );
    await fc.assert(property, { numRuns: 100 });
  });

  test('are few, and each entry is written only now and then', async () => {
    const both = twoStates();
    await both.batch(
      Array.from({ length: 2_000 }, (_, key) => put(key)),
      1,
    );
    let written = 0;
    for (let batch = 0; batch < 200; batch++) {
      await both.batch([put(batch), put(batch + 1_000), put(0)], 1);
      if (batch % 10 !== 9) continue;
      const before = new Set(both.pieces);
      await both.merge();
      for (const piece of both.pieces) if (!before.has(piece)) written += piece.entries;
      expect(both.pieces.length).toBeLessThan(8);
    }
    expect(both.pieces[0]).toMatchObject({ entries: 2_000 });
    expect(written).toBeLessThan(600 * 4);
  });

  test('become a whole again when the changes amount to half of it, and tell no removals then', async () => {
    const both = twoStates();
    await both.batch([put(1), put(2), put(3), put(4)], 1);
    await both.batch([{ key: '1', kind: 'remove' }], 1);
    await both.merge();
    expect(both.pieces).toMatchObject([{ entries: 4 }, { entries: 1 }]);
    await both.batch([{ key: '2', kind: 'remove' }, put(5), put(6)], 1);
    await both.merge();
    expect(both.pieces).toMatchObject([{ whole: true, entries: 4, time: 3 }]);
  });

  test('are all written anew when there is another number of partitions', async () => {
    const both = twoStates();
    for (let key = 0; key < 20; key++) await both.batch([put(key)], 2);
    await both.batch([put(0)], 4);
    await both.merge();
    expect(both.pieces).toHaveLength(4);
    for (const piece of both.pieces) expect(piece).toMatchObject({ whole: true, partitions: 4 });
    expect(await both.read(1)).toHaveLength(20);
  });

  test('are not left to the next start when there are many', async () => {
    const both = twoStates();
    for (let key = 0; key < 15; key++) await both.batch([put(key)], 1);
    expect(isOverdue(both.pieces)).toBe(false);
    await both.batch([put(0)], 1);
    expect(isOverdue(both.pieces)).toBe(true);
  });

  test('stay as they are if one of them is damaged, and nothing of the attempt is left', async () => {
    const both = twoStates();
    for (let key = 0; key < 4; key++) await both.batch([put(key)], 1);
    rmSync(join(both.directory, both.pieces[2]!.file));
    const before = readdirSync(both.directory);
    await expect(both.merge()).rejects.toMatchObject({ code: 'checkpoint-damaged' });
    expect(readdirSync(both.directory)).toEqual(before);
    expect(both.pieces).toHaveLength(4);
  });
});

const byKey = (a: readonly unknown[], b: readonly unknown[]): number => Number(a[0]) - Number(b[0]);
