import { WireWriter } from './wireWriter.ts';

const writer = new WireWriter({ canonical: true });

/**
 * Writes the canonical bytes of a key: equal for equal keys and only for them. They are the wire form with the fields of
 * objects sorted by name and -0 as 0. Returns the one writer of the thread, which the next call overwrites.
 * Throws StreamjobError `not-a-value`, also for a Map or Set.
 */
export function writeCanonical(key: unknown): WireWriter {
  writer.reset();
  writer.write(key);
  return writer;
}

/** The canonical bytes, a view that is valid until the next key. */
export const canonicalBytes = (key: unknown): Uint8Array => writeCanonical(key).bytes();

/** The canonical bytes as a text, one character a byte: a compound key as the key of a Map. */
export const canonicalKey = (key: unknown): string => writeCanonical(key).latin1();
