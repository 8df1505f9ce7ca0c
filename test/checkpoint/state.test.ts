import { expect, test } from 'vitest';
import { JournalState } from '#src/checkpoint/state.ts';

test('a batch may wait with more blocks than a call may have arguments', () => {
  const state = new JournalState();
  const blocks = Array.from({ length: 300_000 }, (_, i) => ({
    file: `tweets/${i + 7}`,
    offset: 0,
    data: 1,
    bad: 0,
    crc: 1,
  }));
  state.apply({ planned: 1_000, inputs: { tweets: [blocks] } });
  expect(state.firstFileNeeded('tweets')).toBe(7);
  state.apply({ done: 1_000 });
  expect(state.firstFileNeeded('tweets')).toBe(300_006);
});
