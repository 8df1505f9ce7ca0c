import type { Remembered } from '../engine/engine.ts';
import type { JobHistory } from './history.ts';

/** A record for people and programs, cut to a size that can be shown. */
export interface ShownRecord {
  /** As `print` shows it. */
  readonly text: string;
  /** As JSON, which is shorter than the record if it was cut. */
  readonly json: string;
  readonly cut: boolean;
}

/** Some of the last records that a stream gave in a batch. */
export interface Sample {
  readonly batchTime: number;
  /** How many records the stream gave. */
  readonly records: number;
  readonly shown: readonly ShownRecord[];
}

export interface TapOptions {
  readonly stream: string;
  /** At most so many records of a batch. */
  readonly limit: number;
  /** At most one sample in so many milliseconds. */
  readonly interval: number;
  /** Is told what was seen; must be quick. */
  sampled(sample: Sample): void;
}

/** How one looks into a running job. */
export interface Insight {
  readonly history: JobHistory;
  /** The names of the streams that can be looked at. */
  readonly streams: readonly string[];
  /** Looks at a stream until the function that it gives is called. Throws StreamjobError `unknown-stream`. */
  tap(options: TapOptions): () => void;
  /**
   * What a remembered stream gave in its batches from `from` to `to`, as Spark's `slice`: both rounded down to a batch, and
   * inclusive. Throws StreamjobError `unknown-stream`, and `not-supported` if it is not remembered.
   */
  slice(stream: string, from: number, to: number): readonly Remembered[];
}
