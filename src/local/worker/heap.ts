import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Milliseconds between two looks at the heap. */
const lookEvery = 20;

/** Thrown when the thread's memory is beyond its limit; the message for the user is made where the step is known. */
export class HeapExceeded extends Error {
  readonly bytes: number;
  /** Held by the table that was being filled, if it is one of merging. */
  keys = 0;

  constructor(bytes: number) {
    super('the heap is beyond its limit');
    this.bytes = bytes;
  }
}

/** Fills a table; if that exceeds the heap, the error says how many keys it held. */
export function filling(table: { readonly size: number }, fill: () => void): void {
  try {
    fill();
  } catch (thrown) {
    if (thrown instanceof HeapExceeded) thrown.keys = table.size;
    throw thrown;
  }
}

/**
 * The JavaScript memory of this thread. What V8 counts includes garbage, so beyond the limit it is collected first; and as
 * long as what lives is within the limit, not again before half as much has come in addition.
 */
let limit = Number.POSITIVE_INFINITY;
let threshold = Number.POSITIVE_INFINITY;
let nextLook = 0;
let collect: (() => void) | undefined;

/** Called once when the thread starts. */
export function limitHeap(bytes: number): void {
  limit = bytes;
  threshold = bytes;
  setFlagsFromString('--expose-gc');
  collect = runInNewContext('gc') as () => void;
}

/** Cheap enough to be called for every thousand records. Throws HeapExceeded. */
export function checkHeap(): void {
  const now = performance.now();
  if (now < nextLook) return;
  if (usedHeap() > threshold) measure();
  nextLook = performance.now() + lookEvery;
}

function measure(): void {
  collect?.();
  const live = usedHeap();
  if (live > limit) throw new HeapExceeded(live);
  threshold = Math.max(limit, live + limit / 2);
}

function usedHeap(): number {
  const { used_heap_size, external_memory } = getHeapStatistics();
  return used_heap_size + external_memory;
}
