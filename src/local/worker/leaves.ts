import { type Place, placed } from '../../base/errors.ts';
import type { CommitMessage, SinkWriter } from '../../component/sink.ts';
import { flat } from '../../plan/flat.ts';
import { keyGroup, partitionOfGroup } from '../../plan/hash.ts';
import { KeyedTable } from '../../plan/keyedTable.ts';
import { compareValues } from '../../plan/order.ts';
import type { PlanNode } from '../../plan/plan.ts';
import type { LeafResult } from '../wire/messages.ts';
import type { BucketWriter } from './bucketWriter.ts';

/** An end of a stage, for one task. Generated code calls what its kind has beyond this. */
export interface LeafWriter {
  close(): LeafResult | Promise<LeafResult>;
  abort?(): void;
  /** How many records it has passed on; all of them once it is closed. */
  readonly records: number;
  /** How many keys it holds. */
  readonly keys?: number;
}

/** A key's accumulator. */
export class Cell {
  acc: unknown;

  constructor(acc: unknown) {
    this.acc = acc;
  }
}

export function openLeaf(node: PlanNode, buckets: BucketWriter, partition: number): LeafWriter {
  switch (node.kind) {
    case 'fold':
      return node.key === 'none' ? new SingleLeaf(buckets) : new FoldLeaf(buckets);
    case 'cogroup':
    case 'state':
      return new CogroupLeaf(buckets);
    case 'sort':
      return new SortLeaf(buckets, node.ascending, node.limit);
    case 'repartition':
    case 'window':
      return new RoundRobinLeaf(buckets, partition);
    default:
      throw new Error(`${node.kind} is no shuffle`);
  }
}

/** Combines by key before the shuffle; a bucket is `key acc key acc …`. */
class FoldLeaf implements LeafWriter {
  readonly table = new KeyedTable<Cell>();
  readonly #buckets: BucketWriter;

  constructor(buckets: BucketWriter) {
    this.#buckets = buckets;
  }

  get records(): number {
    return this.#buckets.records;
  }

  get keys(): number {
    return this.table.size;
  }

  add(key: unknown, acc: unknown): Cell {
    const cell = new Cell(acc);
    this.table.add(typeof key === 'string' ? flat(key) : key, cell);
    return cell;
  }

  close(): LeafResult {
    const { targets } = this.#buckets;
    this.table.forEach((key, cell) => {
      this.#buckets.writeTwo(targets === 1 ? 0 : partitionOfGroup(keyGroup(key), targets), key, cell.acc);
    });
    return { buckets: this.#buckets.close() };
  }
}

/** Combines everything into one accumulator; the bucket is `acc`, or empty. */
class SingleLeaf implements LeafWriter {
  has = false;
  acc: unknown;
  readonly #buckets: BucketWriter;

  constructor(buckets: BucketWriter) {
    this.#buckets = buckets;
  }

  get records(): number {
    return this.#buckets.records;
  }

  close(): LeafResult {
    if (this.has) this.#buckets.write(0, this.acc);
    return { buckets: this.#buckets.close() };
  }
}

/** A bucket is `key value key value …`. */
class CogroupLeaf implements LeafWriter {
  readonly #buckets: BucketWriter;

  constructor(buckets: BucketWriter) {
    this.#buckets = buckets;
  }

  /** The bucket of a key. Throws StreamjobError `not-a-value` for what cannot be one. */
  target(key: unknown): number {
    return partitionOfGroup(keyGroup(key), this.#buckets.targets);
  }

  write(target: number, key: unknown, value: unknown): void {
    this.#buckets.writeTwo(target, key, value);
  }

  get records(): number {
    return this.#buckets.records;
  }

  close(): LeafResult {
    return { buckets: this.#buckets.close() };
  }
}

/** A sorted run, `by record by record …`; with a limit only its beginning. */
class SortLeaf implements LeafWriter {
  readonly #buckets: BucketWriter;
  readonly #compare: (a: SortEntry, b: SortEntry) => number;
  readonly #limit: number;
  #entries: SortEntry[] = [];

  constructor(buckets: BucketWriter, ascending: boolean, limit = Number.POSITIVE_INFINITY) {
    this.#buckets = buckets;
    this.#compare = sortOrder(ascending);
    this.#limit = limit;
  }

  write(by: unknown, record: unknown): void {
    this.#entries.push({ by, record });
    if (this.#entries.length >= 2 * this.#limit + 1_000) this.#cut();
  }

  get records(): number {
    return this.#buckets.records;
  }

  close(): LeafResult {
    this.#cut();
    for (const { by, record } of this.#entries) this.#buckets.writeTwo(0, by, record);
    return { buckets: this.#buckets.close() };
  }

  #cut(): void {
    this.#entries.sort(this.#compare);
    if (this.#entries.length > this.#limit) this.#entries.length = this.#limit;
  }
}

export interface SortEntry {
  readonly by: unknown;
  readonly record: unknown;
}

export const sortOrder =
  (ascending: boolean) =>
  (a: SortEntry, b: SortEntry): number =>
    ascending ? compareValues(a.by, b.by) : compareValues(b.by, a.by);

class RoundRobinLeaf implements LeafWriter {
  readonly #buckets: BucketWriter;
  #next: number;

  constructor(buckets: BucketWriter, partition: number) {
    this.#buckets = buckets;
    this.#next = partition % buckets.targets;
  }

  write(record: unknown): void {
    this.#buckets.write(this.#next, record);
    this.#next = (this.#next + 1) % this.#buckets.targets;
  }

  get records(): number {
    return this.#buckets.records;
  }

  close(): LeafResult {
    return { buckets: this.#buckets.close() };
  }
}

/** Errors of the writer get the place of the sink. */
export class SinkLeaf implements LeafWriter {
  records = 0;
  readonly #writer: SinkWriter;
  readonly #at: Place | undefined;

  constructor(writer: SinkWriter, at: Place | undefined) {
    this.#writer = writer;
    this.#at = at;
  }

  write(record: unknown): void {
    try {
      this.#writer.write(record);
    } catch (thrown) {
      throw placed(thrown, this.#at);
    }
    this.records++;
  }

  async close(): Promise<LeafResult> {
    try {
      const message: CommitMessage = await this.#writer.close();
      return { message };
    } catch (thrown) {
      throw placed(thrown, this.#at);
    }
  }

  abort(): void {
    this.#writer.abort?.();
  }
}
