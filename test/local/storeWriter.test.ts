import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { valuesOf } from '#src/engine/keptEntries.ts';
import { KeptReader } from '#src/engine/keptFile.ts';
import { type ChangedStore, StoreWriter } from '#src/local/worker/storeWriter.ts';
import type { Keeper } from '#src/plan/kept.ts';
import type { PlanNode } from '#src/plan/plan.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'streamjob-stores-'));
});
afterEach(() => rm(directory, { recursive: true }));

/** What a batch has changed in one partition of a state or window. */
function changed(kind: 'state' | 'fold', time: number, values: readonly unknown[]): ChangedStore {
  const node = { id: 0, kind, origin: { name: 'out', component: kind } } as unknown as PlanNode;
  const store = { keys: 0, takeBack: () => undefined, changes: () => values, all: () => values };
  return { node, partition: 0, partitions: 1, store, time, lived: true };
}

test('the next batch may be written down as soon as one could not be', async () => {
  const keeper = { id: 'out/1', kind: 'window' } as Keeper;
  const writer = new StoreWriter({ directory, run: '1' }, 1, () => keeper);
  const large = Array.from({ length: 40 }, (_, i) => `${i} `.padEnd(100_000, 'first '));
  const failing = [changed('state', 1_000, [() => 'no value']), changed('fold', 1_000, large)];
  await expect(writer.write(failing)).rejects.toMatchObject({ code: 'not-a-value' });
  const next = large.map((value) => `${value}, and more`);
  const [piece] = await writer.write([changed('fold', 2_000, next)]);
  const reader = new KeptReader(directory);
  expect([...valuesOf(reader, piece!)].join() === next.join()).toBe(true);
  reader.close();
});
