import { expect, test } from 'vitest';
import { Pieces } from '#src/checkpoint/pieces.ts';
import type { KeptPiece } from '#src/engine/keptPiece.ts';

const piece = (keeper: string, time: number, offset: number, bytes: number): KeptPiece => ({
  keeper,
  kind: 'state',
  time,
  partition: 0,
  partitions: 1,
  entries: 1,
  file: '1-1-state-1',
  offset,
  bytes,
  crc: 0,
});

test('the bytes of each keeper are those of the pieces that count', () => {
  const pieces = new Pieces();
  pieces.add([piece('a/1', 1000, 0, 10), piece('a/1', 2000, 50, 20), piece('w/1', 1000, 100, 40)]);
  expect([...pieces.bytes]).toEqual([
    ['a/1', 30],
    ['w/1', 40],
  ]);
  pieces.replace({ '1-1-state-1': [0, 50] }, [{ ...piece('a/1', 2000, 0, 25), file: 'merge1-1', whole: true }]);
  expect(pieces.bytes.get('a/1')).toBe(25);
  pieces.spans = { 'w/1': 1000 };
  pieces.add([piece('w/1', 3000, 150, 5)]);
  pieces.leave(3000);
  expect(pieces.bytes.get('w/1')).toBe(5);
  pieces.drop('a/1');
  expect(pieces.bytes.has('a/1')).toBe(false);
});
