import { mkdtempSync, readdirSync, truncateSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { valuesOf } from '#src/engine/keptEntries.ts';
import { framesOf, KeptReader, KeptWriter } from '#src/engine/keptFile.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'streamjob-kept-'));
});
afterEach(() => rm(directory, { recursive: true }));

const head = { keeper: 'counts/1', kind: 'state', time: 1_000, partition: 0, partitions: 1 } as const;

/** How many values of a piece are read, and what they come to, without holding them. */
function read(reader: KeptReader, piece: Parameters<KeptReader['frames']>[0]): readonly [number, number] {
  let [count, length] = [0, 0];
  for (const value of valuesOf(reader, piece)) {
    count++;
    length += (value as string).length;
  }
  return [count, length];
}

test('pieces of any size are read back, also those that are empty, and a full file takes no more', async () => {
  const writer = new KeptWriter(directory, '1-1-state');
  const many = Array.from({ length: 100_000 }, (_, i) => `key ${i}`);
  const large = ['x'.repeat(9_000_000), 'y', 'z'.repeat(9_000_000)];
  const first = await writer.piece(head, framesOf(many));
  const empty = await writer.piece({ ...head, partition: 1 }, framesOf([]));
  await writer.sync();
  const second = await writer.piece(head, framesOf(large));
  await writer.sync();
  const third = await writer.piece(head, framesOf(['last']));
  await writer.sync();
  await writer.close();
  expect(readdirSync(directory)).toEqual(['1-1-state-1', '1-1-state-2']);
  const reader = new KeptReader(directory);
  expect([first, empty, second, third].map((piece) => [piece.entries, ...read(reader, piece)])).toEqual([
    [100_000, 100_000, many.join('').length],
    [0, 0, 0],
    [3, 3, 18_000_001],
    [1, 1, 4],
  ]);
  reader.close();
});

test('a piece that is cut off is damaged, whatever was read before', async () => {
  const writer = new KeptWriter(directory, '1-1-state');
  const first = await writer.piece(head, framesOf(['first']));
  const second = await writer.piece(head, framesOf(['second']));
  await writer.sync();
  await writer.close();
  truncateSync(join(directory, second.file), second.offset + second.bytes - 1);
  const reader = new KeptReader(directory);
  expect(read(reader, first)).toEqual([1, 5]);
  expect(() => read(reader, second)).toThrow(`${join(directory, second.file)} is damaged`);
  reader.close();
});
