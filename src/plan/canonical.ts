import { WireWriter } from './wireWriter.ts';

const writer = new WireWriter({ canonical: true });

/**
 * The canonical bytes of a key: equal for equal keys and only for them. The wire form with the fields of objects sorted by
 * name and -0 as 0. A view that the next call overwrites. Throws StreamjobError `not-a-value`, also for a Map or Set.
 */
export function canonicalBytes(key: unknown): Uint8Array {
  writer.reset();
  writer.write(key);
  return writer.bytes();
}

/** The canonical bytes as a text, one character a byte: a compound key as the key of a Map. */
export function canonicalKey(key: unknown): string {
  writer.reset();
  writer.write(key);
  return writer.latin1();
}
