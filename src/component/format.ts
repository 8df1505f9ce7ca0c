import type { StreamjobError } from '../base/errors.ts';
import type { Setting, Static } from './settings.ts';

/** How bytes are cut into records, and what a record is. Runs wherever bytes are: receivers frame, tasks decode. */
export interface FormatDefinition<S extends Setting = Setting> {
  readonly summary: string;
  readonly config: S;
  readonly examples: readonly { readonly title: string; readonly yaml: string }[];
  /** True if a file of it can be read from the middle, at the next record boundary. */
  cuttable(config: Static<S>): boolean;
  /** True if the first record of each input (a file, a connection) says how its others are to be read: see heads.ts. */
  headed?(config: Static<S>): boolean;
  framer(config: Static<S>, source: FramingOptions): Framer;
  decoder(config: Static<S>, source: FramingOptions): Decoder;
}

/** Settings of the source that concern framing. */
export interface FramingOptions {
  /** The record delimiter, one or more bytes; records of text also end at it with a `\r` before a `\n`. */
  readonly delimiter: Uint8Array;
  readonly maxRecordBytes: number;
}

/** Finds record boundaries. A record's bytes include its delimiter. */
export interface Framer {
  /** The offset just past the last complete record within `[start, end)`, or `start` if there is none. */
  lastBoundary(bytes: Uint8Array, start: number, end: number): number;
  /**
   * The offset just past the first complete record within `[start, end)`, or -1 if there is none. With `after`, the first
   * boundary beyond that offset: who has searched up to there need not search again, and a range of a file finds its start.
   */
  firstBoundary(bytes: Uint8Array, start: number, end: number, after?: number): number;
  /** Each record has so many bytes: boundaries are their multiples from the beginning of the input, which is no text. */
  readonly recordLength?: number;
  /** Why the bytes that are left at the end of an input are no record; absent where all that can miss is a delimiter. */
  unfinished?(rest: Uint8Array): BadRecord | undefined;
}

export interface BadRecord {
  readonly record: unknown;
  readonly error: StreamjobError;
}

/**
 * Decodes whole records (only the last one of an input may lack its delimiter). Returns the records in order; one that
 * cannot be decoded goes to `onBad` with the bytes as text, and is left out. The bytes may be in shared memory and belong
 * to the caller: what is returned must not refer to them.
 */
export type Decoder = (bytes: Uint8Array, start: number, end: number, onBad: OnBadRecord) => unknown[];

export type OnBadRecord = (record: unknown, error: StreamjobError) => void;

/** Gives a format by its name in the job. */
export type LoadFormat = (name: string) => Promise<FormatDefinition>;

export const defineFormat = <const S extends Setting>(definition: FormatDefinition<S>): FormatDefinition<S> =>
  definition;
