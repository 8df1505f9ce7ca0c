import { expect, test } from 'vitest';
import { MemoryJournal } from '#src/checkpoint/memory.ts';
import { PlanBuilder } from '#src/plan/builder.ts';
import { planOf } from '../engines/runPlan.ts';

const plan = planOf(new PlanBuilder());
const batch = (time: number) => ({ time, zeroTime: 4_000, inputs: new Map([[0, [[{ time }]]]]) });
const nothing = { memory: new Map(), blocks: new Map(), sinks: new Set() };

test('a new journal knows of no earlier run', async () => {
  expect(await new MemoryJournal().open(plan)).toEqual({ ...nothing, unfinished: [] });
});

test('tells the next run what was planned and not done, the newest batch, and one interval before the first', async () => {
  const journal = new MemoryJournal();
  await journal.open(plan);
  for (const time of [5_000, 6_000, 7_000]) await journal.planned(batch(time), new Map([[0, new Map([['at', time]])]]));
  await journal.done(5_000);
  await journal.close();
  expect(await journal.open(plan)).toEqual({
    ...nothing,
    memory: new Map([[0, new Map([['at', 7_000]])]]),
    zeroTime: 4_000,
    lastTime: 7_000,
    unfinished: [batch(6_000), batch(7_000)],
  });
  await journal.done(6_000);
  await journal.done(7_000);
  await journal.planned(batch(9_000), new Map([[0, new Map([['at', null]])]]));
  expect(await journal.open(plan)).toEqual({
    ...nothing,
    memory: new Map([[0, new Map()]]),
    zeroTime: 4_000,
    lastTime: 9_000,
    unfinished: [batch(9_000)],
  });
});
