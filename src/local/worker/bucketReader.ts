import { WireReader } from '../../plan/wire.ts';
import { type Extents, readExtents } from '../wire/extents.ts';
import type { SlabPool } from '../wire/slabs.ts';
import { checkHeap } from './heap.ts';
import type { CompiledStage } from './stage.ts';

/** Heap is looked at between pieces, of a slab at most. */
export function readEach(pool: SlabPool, buckets: readonly Extents[], each: (reader: WireReader) => void): void {
  for (const extents of buckets) {
    readExtents(pool, extents, (bytes, start, end) => {
      each(new WireReader(bytes, start, end));
      checkHeap();
    });
  }
}

/** For buckets of `key value key value …`. */
export function readPairs(
  pool: SlabPool,
  buckets: readonly Extents[],
  each: (key: unknown, value: unknown) => void,
): void {
  readEach(pool, buckets, (reader) => {
    while (!reader.done) each(reader.read(), reader.read());
  });
}

/** Pushes in lists short enough to stay young. */
export function pushAll(stage: CompiledStage, records: Iterable<unknown>): void {
  let list: unknown[] = [];
  for (const record of records) {
    list.push(record);
    if (list.length === 1_024) {
      stage.push(list);
      list = [];
    }
  }
  if (list.length > 0) stage.push(list);
}
