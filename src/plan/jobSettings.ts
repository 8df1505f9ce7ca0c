/** How a job is run, as opposed to what it computes. Durations in milliseconds, sizes in bytes. */
export interface JobSettings {
  /** Worker threads; `auto` is one per core. */
  readonly threads: number | 'auto';
  /** How many sinks of one batch are committed side by side. */
  readonly concurrentJobs: number;
  /** How often received bytes are cut into blocks. */
  readonly blockInterval: number;
  /** Whether sources are slowed down, by Spark's PID rate estimator, while batches are late. */
  readonly backpressure: boolean;
  /** Blocks and shuffle buckets together. */
  readonly memoryLimit: number;
  /** JavaScript memory of each worker thread; a batch that needs more fails. */
  readonly workerHeap: number;
  /** More batches than this waiting: sources that list their input are not asked. */
  readonly maxWaitingBatches: number;
  /** How often a task that touches no state is run again before its batch fails. */
  readonly taskRetries: number;
  /** A task that runs longer is ended with its thread. */
  readonly taskTimeout: number;
  readonly onBatchFailure: 'stop' | 'continue';
  /** How long a graceful stop may take. */
  readonly stopTimeout: number;
}

export const defaultSettings: JobSettings = {
  threads: 'auto',
  concurrentJobs: 1,
  blockInterval: 200,
  backpressure: false,
  memoryLimit: 512e6,
  workerHeap: 1e9,
  maxWaitingBatches: 100,
  taskRetries: 3,
  taskTimeout: 300_000,
  onBatchFailure: 'stop',
  stopTimeout: 60_000,
};
