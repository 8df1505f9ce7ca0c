import type { RDD } from './rdd.ts';

/** What a function of `transform` or `foreachRDD` makes RDDs with that are not of the stream. */
export interface RddContext {
  /** The values themselves, in order, cut evenly into partitions. */
  parallelize<T>(values: readonly T[], partitions?: number): RDD<T>;
  /** The lines of a file, of the files in a directory, or of those that match a glob, as they are now. */
  textFile(path: string): RDD<string>;
  /** All records of all RDDs, in the order of the list. */
  union<T>(rdds: readonly RDD<T>[]): RDD<T>;
  emptyRDD<T = never>(): RDD<T>;
}
