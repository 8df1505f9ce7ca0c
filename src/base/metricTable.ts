/** What a metric for Prometheus is. */
export interface MetricText {
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly labels?: readonly string[];
}

const metricText = <const Table extends Readonly<Record<string, MetricText>>>(table: Table): Table => table;

/** Every metric of a job, beside those of a Node.js process: `observe/metrics.ts` gives them, the reference lists them. */
export const metricTable = metricText({
  streamjob_batch_interval_seconds: { type: 'gauge', help: 'The batch interval.' },
  streamjob_batch_processing_seconds: { type: 'histogram', help: 'How long batches were processed.' },
  streamjob_batch_scheduling_delay_seconds: { type: 'histogram', help: 'How long batches waited before that.' },
  streamjob_batches_total: {
    type: 'counter',
    help: 'Batches that are over; the outcome is succeeded or failed.',
    labels: ['outcome'],
  },
  streamjob_waiting_batches: { type: 'gauge', help: 'Batches that wait for their turn.' },
  streamjob_records_total: { type: 'counter', help: 'Records that sources gave.', labels: ['source'] },
  streamjob_source_state: {
    type: 'gauge',
    help: '1 for the state that a source has, 0 for the others: waiting, active, idle, ended, failed.',
    labels: ['source', 'state'],
  },
  streamjob_source_errors_total: {
    type: 'counter',
    help: 'How often a source said that it has to wait for its other side, or failed.',
    labels: ['source'],
  },
  streamjob_output_seconds: {
    type: 'histogram',
    help: 'How long a sink took to make batches visible, once they were computed.',
    labels: ['sink'],
  },
  streamjob_output_errors_total: {
    type: 'counter',
    help: 'Batches that a sink could not make visible.',
    labels: ['sink'],
  },
  streamjob_state_keys: {
    type: 'gauge',
    help: 'Keys that a state or a window by key holds; the step is its stream and number, as in counts/2.',
    labels: ['step'],
  },
  streamjob_state_bytes: {
    type: 'gauge',
    help: 'Bytes of what is held: of the records of a window in memory; of a state or a window by key in the checkpoint with what is not yet merged, and only with one.',
    labels: ['step'],
  },
});

export type MetricName = keyof typeof metricTable;
