/** How a job is run, as opposed to what it computes. Durations in milliseconds, sizes in bytes. */
export interface JobSettings {
  /** Worker threads; `auto` is one per core. */
  readonly threads: number | 'auto';
  /** How many sinks of one batch are committed side by side. */
  readonly concurrentJobs: number;
  /** How often received bytes are cut into blocks. */
  readonly blockInterval: number;
  /** Blocks and shuffle buckets together. */
  readonly memoryLimit: number;
  /** More batches than this waiting: ticks without input are skipped. */
  readonly maxWaitingBatches: number;
  /** How often a task that touches no state is run again before its batch fails. */
  readonly taskRetries: number;
  readonly onBatchFailure: 'stop' | 'continue';
  /** How long a graceful stop may take. */
  readonly stopTimeout: number;
}

export const defaultSettings: JobSettings = {
  threads: 'auto',
  concurrentJobs: 1,
  blockInterval: 200,
  memoryLimit: 512e6,
  maxWaitingBatches: 100,
  taskRetries: 3,
  onBatchFailure: 'stop',
  stopTimeout: 60_000,
};
