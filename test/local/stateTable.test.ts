import fc from 'fast-check';
import { expect, test } from 'vitest';
import { StateTable } from '#src/local/worker/stateTable.ts';
import type { StateNode } from '#src/plan/plan.ts';

const node = { kind: 'state', timeout: 3, origin: { name: 'test', component: 'mapWithState' } } as StateNode;

const change = fc.record({
  key: fc.constantFrom('a', 'b', 'c', 'd'),
  what: fc.constantFrom('set', 'remove', 'touch'),
});
const batch = fc.record({ changes: fc.array(change, { maxLength: 6 }), lost: fc.array(change, { maxLength: 6 }) });

/** The states with the batch that touched each last, the longest untouched first. */
const contents = (table: StateTable): unknown[] =>
  [...table.idleSince(Number.POSITIVE_INFINITY)].map(({ key, state, touched }) => [key, state, touched]);

function apply(table: StateTable, changes: readonly { key: string; what: string }[], time: number): void {
  table.begin(time);
  for (const [i, { key, what }] of changes.entries()) {
    const cell = table.find(key);
    if (!cell) table.add(key, `${time}-${i}`);
    else if (what === 'remove') table.remove(cell);
    else {
      if (what === 'set') table.set(cell, `${time}-${i}`);
      table.touch(cell);
    }
  }
}

test('a batch that is taken back leaves no trace, not even in the order of idle keys', () => {
  fc.assert(
    fc.property(fc.array(batch, { maxLength: 20 }), (batches) => {
      const table = StateTable.create(node, { time: 0, partition: 0, partitions: 1 });
      const plain = StateTable.create(node, { time: 0, partition: 0, partitions: 1 });
      for (const [time, { changes, lost }] of batches.entries()) {
        apply(table, lost, time);
        table.takeBack(time - 1);
        expect(contents(table)).toEqual(contents(plain));
        apply(table, changes, time);
        apply(plain, changes, time);
        expect(contents(table)).toEqual(contents(plain));
        expect([...table].length).toBe(contents(table).length);
      }
    }),
  );
});
