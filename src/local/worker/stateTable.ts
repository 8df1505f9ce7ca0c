import type { InitialPair } from '../../component/initial.ts';
import type { StateEntry } from '../../engine/keptEntries.ts';
import { flat } from '../../plan/flat.ts';
import { keyGroup, partitionOfGroup } from '../../plan/hash.ts';
import { KeyedTable } from '../../plan/keyedTable.ts';
import type { StateNode } from '../../plan/plan.ts';
import { WireWriter } from '../../plan/wire.ts';
import { checkHeap, filling } from './heap.ts';
import type { BatchStore } from './stores.ts';

/** A key and its state; with a timeout linked to the keys that were touched before and after it. */
export class StateCell {
  readonly key: unknown;
  state: unknown;
  /** The batch that touched it last. */
  touched: number;
  /** The batch whose changes have been noted. */
  noted = Number.NEGATIVE_INFINITY;
  older: StateCell | undefined;
  newer: StateCell | undefined;

  constructor(key: unknown, state: unknown, touched: number) {
    this.key = key;
    this.state = state;
    this.touched = touched;
  }
}

/** What has to be done to take a change back. */
type Undo =
  | { readonly kind: 'added'; readonly cell: StateCell }
  | { readonly kind: 'removed'; readonly cell: StateCell; readonly older: StateCell | undefined }
  | { readonly kind: 'changed'; readonly cell: StateCell; readonly state: unknown }
  | {
      readonly kind: 'touched';
      readonly cell: StateCell;
      readonly touched: number;
      readonly older: StateCell | undefined;
    };

/**
 * One partition of a state. What a batch changes is noted, and undone in reverse order if the batch is taken back. Keys stand in the
 * order in which they were touched, so those that have been idle for too long are found without looking at others.
 */
export class StateTable implements BatchStore {
  readonly #cells = new KeyedTable<StateCell>();
  readonly #ordered: boolean;
  readonly #undo: Undo[] = [];
  #time = Number.NEGATIVE_INFINITY;
  #oldest: StateCell | undefined;
  #newest: StateCell | undefined;

  /** `ordered`: keep the order in which keys were touched. */
  private constructor(ordered: boolean) {
    this.#ordered = ordered;
  }

  get keys(): number {
    return this.#cells.size;
  }

  /** A partition as it is before the batch of `time`, with those of the initial states that belong to it. */
  static create(
    node: StateNode,
    at: { time: number; partition: number; partitions: number },
    initial: readonly InitialPair[] = [],
  ): StateTable {
    const table = new StateTable(node.timeout !== undefined);
    const mine = initial.filter(([key]) => partitionOfGroup(keyGroup(key), at.partitions) === at.partition);
    filling(table.#cells, () => {
      for (const [index, [key, state]] of mine.entries()) {
        table.#insert(kept(key), state, at.time);
        if (index % 1_024 === 0) checkHeap();
      }
    });
    table.#undo.length = 0;
    return table;
  }

  /** A partition as an earlier run or thread has left it. */
  static restore(node: StateNode, entries: Iterable<StateEntry>): StateTable {
    const table = new StateTable(node.timeout !== undefined);
    filling(table.#cells, () => {
      let read = 0;
      for (const entry of entries) {
        table.#enterAgain(entry);
        if (++read % 1_024 === 0) checkHeap();
      }
    });
    if (table.#ordered) table.#linkInOrder();
    return table;
  }

  #enterAgain(entry: StateEntry): void {
    const [key] = entry;
    if (entry.length === 1) this.#cells.delete(key);
    else if (entry.length === 3) this.#cells.add(key, new StateCell(key, entry[1], entry[2]));
    else {
      const cell = this.#cells.find(key);
      if (cell) cell.touched = entry[1];
    }
  }

  /** Pieces that were written with other numbers of partitions are each in order, and not all together. */
  #linkInOrder(): void {
    const cells = Array.from(this.#cells, ([, cell]) => cell).sort((a, b) => a.touched - b.touched);
    for (const cell of cells) this.#link(cell, this.#newest);
  }

  takeBack(time: number): void {
    if (this.#time > time) for (const undo of this.#undo.reverse()) this.#takeBack(undo);
    this.#undo.length = 0;
    this.#time = time;
  }

  /** Everything from here on belongs to this batch. */
  begin(time: number): void {
    this.#undo.length = 0;
    this.#time = time;
  }

  /** One entry for each key that the batch has changed, and only if what is to be read back has changed. */
  *changes(time: number): Generator<StateEntry, void, undefined> {
    for (const [cell, changed] of this.#changed()) {
      const live = this.#cells.find(cell.key);
      if (live === undefined) yield [cell.key];
      else if (live === cell && changed) yield this.#entry(cell, time);
      else if (live === cell && this.#ordered) yield [cell.key, cell.touched];
    }
  }

  /** All keys, those that were touched earlier first. */
  *all(time: number): Generator<StateEntry, void, undefined> {
    const cells = this.#ordered ? this.idleSince(Number.POSITIVE_INFINITY) : this.#unordered();
    for (const cell of cells) yield this.#entry(cell, time);
  }

  *#unordered(): Iterable<StateCell> {
    for (const [, cell] of this.#cells) yield cell;
  }

  #entry({ key, state, touched }: StateCell, time: number): StateEntry {
    return [key, state, this.#ordered ? touched : time];
  }

  /** The cells that the batch has to do with; true: their state is another one. */
  #changed(): ReadonlyMap<StateCell, boolean> {
    const changed = new Map<StateCell, boolean>();
    for (const undo of this.#undo) {
      const isOther = undo.kind === 'added' || (undo.kind === 'changed' && differs(undo.state, undo.cell.state));
      changed.set(undo.cell, isOther || changed.get(undo.cell) === true);
    }
    return changed;
  }

  find(key: unknown): StateCell | undefined {
    return this.#cells.find(key);
  }

  [Symbol.iterator](): Iterator<[key: unknown, cell: StateCell]> {
    return this.#cells[Symbol.iterator]();
  }

  add(key: unknown, state: unknown): void {
    this.#insert(kept(key), state, this.#time);
  }

  /** A state that is an object counts as changed, even if it is the same one: functions may have changed what is in it. */
  set(cell: StateCell, state: unknown): void {
    if (state === cell.state && typeof state !== 'object') return;
    if (cell.noted !== this.#time) this.#undo.push({ kind: 'changed', cell, state: cell.state });
    cell.noted = this.#time;
    cell.state = kept(state);
  }

  remove(cell: StateCell): void {
    this.#undo.push({ kind: 'removed', cell, older: cell.older });
    this.#cells.delete(cell.key);
    this.#unlink(cell);
  }

  /** The key has been seen in this batch. */
  touch(cell: StateCell): void {
    if (!this.#ordered || cell.touched === this.#time) return;
    this.#undo.push({ kind: 'touched', cell, touched: cell.touched, older: cell.older });
    this.#unlink(cell);
    cell.touched = this.#time;
    this.#link(cell, this.#newest);
  }

  /** The keys that were last touched before a time, the longest idle first. The one given may be removed meanwhile. */
  *idleSince(time: number): Generator<StateCell, void, undefined> {
    for (let cell = this.#oldest; cell !== undefined && cell.touched < time; ) {
      const next = cell.newer;
      yield cell;
      cell = next;
    }
  }

  #insert(key: unknown, state: unknown, touched: number): void {
    const cell = new StateCell(key, kept(state), touched);
    cell.noted = this.#time;
    this.#cells.add(key, cell);
    if (this.#ordered) this.#link(cell, this.#newest);
    this.#undo.push({ kind: 'added', cell });
  }

  /** In reverse order every neighbour is again what it was when the change was made. */
  #takeBack(undo: Undo): void {
    const { cell } = undo;
    switch (undo.kind) {
      case 'added':
        this.#cells.delete(cell.key);
        return this.#unlink(cell);
      case 'removed':
        this.#cells.add(cell.key, cell);
        return this.#link(cell, undo.older);
      case 'changed':
        cell.state = undo.state;
        cell.noted = Number.NEGATIVE_INFINITY;
        return;
      case 'touched':
        this.#unlink(cell);
        cell.touched = undo.touched;
        return this.#link(cell, undo.older);
    }
  }

  /** Puts a cell behind another one, or first of all. */
  #link(cell: StateCell, older: StateCell | undefined): void {
    if (!this.#ordered) return;
    const newer = older ? older.newer : this.#oldest;
    cell.older = older;
    cell.newer = newer;
    if (older) older.newer = cell;
    else this.#oldest = cell;
    if (newer) newer.older = cell;
    else this.#newest = cell;
  }

  #unlink(cell: StateCell): void {
    if (!this.#ordered) return;
    const { older, newer } = cell;
    if (older) older.newer = newer;
    else this.#oldest = newer;
    if (newer) newer.older = older;
    else this.#newest = older;
    cell.older = undefined;
    cell.newer = undefined;
  }
}

/** A text that was cut out of another one would keep all of that in memory. */
const kept = (value: unknown): unknown => (typeof value === 'string' ? flat(value) : value);

/** An object that is the same one may have been changed. */
const differs = (old: unknown, state: unknown): boolean => old === state || !sameBytes(old, state);

function sameBytes(old: unknown, state: unknown): boolean {
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
