import type { InitialPair } from '../../component/initial.ts';
import type { StateEntry } from '../../engine/keptEntries.ts';
import { flat } from '../../plan/flat.ts';
import { keyGroup, partitionOfGroup } from '../../plan/hash.ts';
import { KeyIndex, nowhere } from '../../plan/keyIndex.ts';
import type { StateNode } from '../../plan/plan.ts';
import { WireWriter } from '../../plan/wire.ts';
import { checkHeap, filling } from './heap.ts';
import type { BatchStore } from './stores.ts';
import { TouchOrder } from './touchOrder.ts';

/** In place of a state: the key has none. */
const gone = Symbol('gone');

/**
 * One partition of a state. A key is known by its place (plan/keyIndex.ts). What a batch changes is noted, and put back if the batch is
 * taken back. With a timeout keys stand in the order in which they were touched.
 *
 * Arrays by place, and no object for each key: with 1,000,000 keys of which a batch touches 10,000 that is half the time of a batch, and
 * half the memory.
 */
export class StateTable implements BatchStore {
  readonly #index = new KeyIndex();
  readonly #states: unknown[] = [gone];
  /** The keys in the order of touch, if there is a timeout. */
  readonly #order: TouchOrder | undefined;
  /** The places whose states the batch has changed, each once, and what they were: `gone` if it has added them. */
  readonly #changed: number[] = [];
  readonly #before: unknown[] = [];
  /** By place, the number of the batch that has changed it last. */
  #changedBy = new Int32Array(64);
  /** Batches are numbered here as they come. */
  #batch = 1;
  #time = Number.NEGATIVE_INFINITY;

  /** `ordered`: keep the order in which keys were touched. */
  private constructor(ordered: boolean) {
    if (ordered) this.#order = new TouchOrder();
  }

  get keys(): number {
    return this.#index.size;
  }

  /** A partition as it is before the batch of `time`, with those of the initial states that belong to it. */
  static create(
    node: StateNode,
    at: { time: number; partition: number; partitions: number },
    initial: readonly InitialPair[] = [],
  ): StateTable {
    const table = new StateTable(node.timeout !== undefined);
    const mine = initial.filter(([key]) => partitionOfGroup(keyGroup(key), at.partitions) === at.partition);
    filling(table.#index, () => {
      for (const [index, [key, state]] of mine.entries()) {
        table.#enter(key, state, at.time);
        if (index % 1_024 === 0) checkHeap();
      }
    });
    return table;
  }

  /** A partition as an earlier run or thread has left it. */
  static restore(node: StateNode, entries: Iterable<StateEntry>): StateTable {
    const table = new StateTable(node.timeout !== undefined);
    filling(table.#index, () => {
      let read = 0;
      for (const entry of entries) {
        table.#enterAgain(entry);
        if (++read % 1_024 === 0) checkHeap();
      }
    });
    table.#order?.sort();
    return table;
  }

  #enterAgain(entry: StateEntry): void {
    const [key] = entry;
    if (entry.length === 3) this.#enter(key, entry[1], entry[2]);
    else {
      const place = this.#index.find(key);
      if (place === nowhere) return;
      if (entry.length === 2) this.#order?.move(place, entry[1]);
      else this.#leave(place);
    }
  }

  /** A state from before the first batch here: it is not to be taken back. */
  #enter(key: unknown, state: unknown, touched: number): void {
    const known = this.#index.find(key);
    const place = known === nowhere ? this.#index.add(key) : known;
    this.#states[place] = kept(state);
    if (known === nowhere) this.#order?.add(place, touched);
    else this.#order?.move(place, touched);
  }

  #leave(place: number): void {
    this.#states[place] = gone;
    this.#index.hide(place);
    this.#index.release(place);
    this.#order?.remove(place);
  }

  takeBack(time: number): void {
    if (this.#time > time) this.#undo();
    this.begin(time);
  }

  /** Everything from here on belongs to this batch. */
  begin(time: number): void {
    for (const place of this.#changed) if (this.#states[place] === gone) this.#index.release(place);
    this.#changed.length = 0;
    this.#before.length = 0;
    this.#order?.begin();
    this.#batch++;
    this.#time = time;
  }

  /** One entry for each key that the batch has changed, and only if what is to be read back has changed. */
  *changes(): Generator<StateEntry, void, undefined> {
    for (const [i, place] of this.#changed.entries()) {
      const key = this.#index.key(place);
      if (this.#states[place] === gone) {
        if (this.#before[i] !== gone && this.#index.find(key) === nowhere) yield [key];
      } else if (differs(this.#before[i], this.#states[place])) yield this.#entry(place);
      else if (this.#order) yield [key, this.#time];
    }
    if (!this.#order) return;
    for (const place of this.#order.moved) {
      if (this.#changedBy[place] !== this.#batch) yield [this.#index.key(place), this.#time];
    }
  }

  /** All keys, those that were touched earlier first. */
  *all(): Generator<StateEntry, void, undefined> {
    for (const place of this.#order?.before(Number.POSITIVE_INFINITY) ?? this.places()) yield this.#entry(place);
  }

  #entry(place: number): StateEntry {
    return [this.#index.key(place), this.#states[place], this.#order?.timeOf(place) ?? this.#time];
  }

  /** The place of a key that has a state, or `nowhere`. */
  find(key: unknown): number {
    return this.#index.find(key);
  }

  key(place: number): unknown {
    return this.#index.key(place);
  }

  state(place: number): unknown {
    return this.#states[place];
  }

  /** Of all keys. The one given may be removed meanwhile; those that are added meanwhile may be left out. */
  *places(): Generator<number, void, undefined> {
    const { end } = this.#index;
    for (let place = 1; place < end; place++) {
      if (this.#states[place] !== gone) yield place;
    }
  }

  /** For a key that has no state. */
  add(key: unknown, state: unknown): void {
    const place = this.#index.add(key);
    this.#states[place] = gone;
    this.#note(place);
    this.#states[place] = kept(state);
    this.#order?.add(place, this.#time);
  }

  /** A state that is an object counts as changed, even if it is the same one: functions may have changed what is in it. */
  set(place: number, state: unknown): void {
    if (state === this.#states[place] && typeof state !== 'object') return;
    this.#note(place);
    this.#states[place] = kept(state);
  }

  remove(place: number): void {
    this.#note(place);
    this.#states[place] = gone;
    this.#index.hide(place);
    this.#order?.drop(place);
  }

  /** The key has been seen in this batch. */
  touch(place: number): void {
    this.#order?.touch(place, this.#time);
  }

  /** The keys that were last touched before a time, the longest idle first. The one given may be removed meanwhile. */
  idleSince(time: number): Iterable<number> {
    return this.#order?.before(time) ?? [];
  }

  #note(place: number): void {
    if (place >= this.#changedBy.length) this.#changedBy = extended(this.#changedBy, place);
    if (this.#changedBy[place] === this.#batch) return;
    this.#changedBy[place] = this.#batch;
    this.#changed.push(place);
    this.#before.push(this.#states[place]);
  }

  /** In reverse order, as a key may have been removed and then added again, at another place. */
  #undo(): void {
    this.#order?.takeBack();
    for (let i = this.#changed.length - 1; i >= 0; i--) {
      const place = this.#changed[i]!;
      const [before, now] = [this.#before[i], this.#states[place]];
      this.#states[place] = before;
      if (before === gone) this.#order?.remove(place);
      if (before === gone && now !== gone) this.#index.hide(place);
      if (before !== gone && now === gone) this.#index.show(place);
    }
  }
}

/** Room for twice as many places. */
function extended(numbers: Int32Array<ArrayBuffer>, place: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(2 * Math.max(numbers.length, place));
  larger.set(numbers);
  return larger;
}

/** A text that a function cut out of another one would keep all of that in memory. */
const kept = (state: unknown): unknown => (typeof state === 'string' ? flat(state) : state);

/** An object that is the same one may have been changed. */
const differs = (old: unknown, state: unknown): boolean =>
  old === gone || (old === state && typeof state === 'object') || !sameBytes(old, state);

function sameBytes(old: unknown, state: unknown): boolean {
  if (typeof old !== 'object' || typeof state !== 'object') return Object.is(old, state);
  for (const [writer, value] of [
    [before, old],
    [after, state],
  ] as const) {
    writer.reset();
    writer.write(value);
  }
  return before.length === after.length && Buffer.compare(before.bytes(), after.bytes()) === 0;
}

const before = new WireWriter();
const after = new WireWriter();
