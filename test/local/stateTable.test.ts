import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { StateEntry } from '#src/engine/keptEntries.ts';
import { StateTable } from '#src/local/worker/stateTable.ts';
import { nowhere } from '#src/plan/keyIndex.ts';
import type { StateNode } from '#src/plan/plan.ts';

const node = { kind: 'state', timeout: 3, origin: { name: 'test', component: 'mapWithState' } } as StateNode;

const change = fc.record({
  key: fc.constantFrom('a', 'b', 'c', 'd'),
  what: fc.constantFrom('set', 'remove', 'touch'),
});
const batch = fc.record({ changes: fc.array(change, { maxLength: 6 }), lost: fc.array(change, { maxLength: 6 }) });

/** The states with the batch that touched each last, the longest untouched first. */
const contents = (table: StateTable): unknown[] => [...table.all()];

const byKey = (table: StateTable): unknown => new Map([...table.all()].map((entry) => [entry[0], entry]));

const touches = (table: StateTable): unknown[] => [...table.all()].map((entry) => entry.at(-1));

function apply(table: StateTable, changes: readonly { key: string; what: string }[], time: number): void {
  table.begin(time);
  for (const [i, { key, what }] of changes.entries()) {
    const place = table.find(key);
    if (place === nowhere) table.add(key, `${time}-${i}`);
    else if (what === 'remove') table.remove(place);
    else {
      if (what === 'set') table.set(place, `${time}-${i}`);
      table.touch(place);
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
        expect([...table.places()].length).toBe(contents(table).length);
      }
    }),
  );
});

test('what is written down of each batch, one after the other, is all that a table holds', () => {
  fc.assert(
    fc.property(fc.array(batch, { maxLength: 20 }), (batches) => {
      const table = StateTable.create(node, { time: 0, partition: 0, partitions: 1 }, [['a', 'first']]);
      const written: StateEntry[] = [...table.all()];
      for (const [i, { changes, lost }] of batches.entries()) {
        apply(table, lost, i + 1);
        table.takeBack(i);
        apply(table, changes, i + 1);
        written.push(...table.changes());
      }
      const restored = StateTable.restore(node, written);
      expect(byKey(restored)).toEqual(byKey(table));
      expect(touches(restored)).toEqual(touches(table));
    }),
  );
});

test('initial states that a batch has removed are there again when it is taken back', () => {
  const table = StateTable.create(node, { time: 1, partition: 0, partitions: 1 }, [
    ['a', 1],
    ['b', 2],
  ]);
  table.begin(1);
  table.remove(table.find('a'));
  table.add('a', 3);
  table.remove(table.find('b'));
  table.takeBack(0);
  expect(contents(table)).toEqual([
    ['a', 1, 1],
    ['b', 2, 1],
  ]);
  expect(table.find('a')).not.toBe(nowhere);
});
