import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { flat } from '#src/plan/keyedTable.ts';
import { anyText, awkwardTexts } from './values.arbitrary.ts';

test('a flat copy is the same text', () => {
  fc.assert(fc.property(anyText, (text) => flat(text) === text));
  for (const text of awkwardTexts) expect(flat(text)).toBe(text);
});

test('it does not keep the text that it was cut from', () => {
  const pieces = (keep: (piece: string) => string) =>
    Array.from({ length: 50 }, (_, i) =>
      keep(Buffer.alloc(1_000_000, `line ${i} `).toString('latin1').slice(500, 530)),
    );
  const before = liveBytes();
  const sliced = pieces((piece) => piece);
  expect(liveBytes() - before).toBeGreaterThan(40e6);
  sliced.length = 0;
  const kept = pieces(flat);
  expect(liveBytes() - before).toBeLessThan(10e6);
  expect(kept).toHaveLength(50);
});

function liveBytes(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  return process.memoryUsage().heapUsed + process.memoryUsage().external;
}
