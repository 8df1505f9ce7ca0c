import type { Counter, Gauge, Registry } from 'prom-client';
import { type MetricName, type MetricText, metricTable } from '../base/metricTable.ts';
import type { NodeId } from '../plan/plan.ts';
import { type BatchRecord, processingTime, schedulingDelay } from './batchRecord.ts';
import type { JobHistory } from './history.ts';
import { receiverStates } from './receiverStates.ts';

/** The metrics of a job for Prometheus. */
export interface Metrics {
  readonly contentType: string;
  text(): Promise<string>;
}

const buckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** Counts from now on. The library is loaded only here, as most runs are not watched. */
export async function openMetrics(history: JobHistory): Promise<Metrics> {
  const { default: prometheus } = await import('prom-client');
  const registry = new prometheus.Registry();
  registry.setDefaultLabels({ job_name: history.plan.name });
  prometheus.collectDefaultMetrics({ register: registry });
  const options = (name: MetricName) => optionsOf(name, registry);
  countBatches(history, options, prometheus);
  countOutputs(history, options, prometheus);
  gaugeSources(history, options, prometheus);
  gaugeStates(history, options, prometheus);
  return { contentType: registry.contentType, text: () => registry.metrics() };
}

type Prometheus = typeof import('prom-client');
type OptionsOf = (name: MetricName) => ReturnType<typeof optionsOf>;

function optionsOf(name: MetricName, registry: Registry) {
  const { help, labels = [] }: MetricText = metricTable[name];
  return { name, help, labelNames: [...labels], registers: [registry] };
}

function countBatches(history: JobHistory, options: OptionsOf, { Counter, Histogram, Gauge }: Prometheus): void {
  const { nodes, batchInterval } = history.plan;
  const processing = new Histogram({ ...options('streamjob_batch_processing_seconds'), buckets });
  const delay = new Histogram({ ...options('streamjob_batch_scheduling_delay_seconds'), buckets });
  const batches = new Counter(options('streamjob_batches_total'));
  const records = new Counter(options('streamjob_records_total'));
  new Gauge(options('streamjob_batch_interval_seconds')).set(batchInterval / 1000);
  for (const outcome of ['succeeded', 'failed']) batches.inc({ outcome }, 0);
  for (const { kind, origin } of nodes) if (kind === 'source') records.inc({ source: origin.name }, 0);
  atEachEnd(history, (batch) => {
    processing.observe((processingTime(batch) ?? 0) / 1000);
    delay.observe((schedulingDelay(batch) ?? 0) / 1000);
    batches.inc({ outcome: batch.error ? 'failed' : 'succeeded' });
    for (const [id, count] of batch.recordsIn) records.inc({ source: nodes[id]!.origin.name }, count);
  });
  lookedUp(new Gauge(options('streamjob_waiting_batches')), (gauge) => gauge.set(history.waiting));
}

function countOutputs(history: JobHistory, options: OptionsOf, { Counter, Histogram }: Prometheus): void {
  const { nodes } = history.plan;
  const seconds = new Histogram({ ...options('streamjob_output_seconds'), buckets });
  const errors = new Counter(options('streamjob_output_errors_total'));
  for (const { kind, origin } of nodes) if (kind === 'sink') errors.inc({ sink: origin.name }, 0);
  atEachEnd(history, ({ details }) => {
    for (const [id, { startTime, endTime = startTime, error }] of details?.outputs ?? []) {
      const sink = nodes[id]!.origin.name;
      seconds.observe({ sink }, (endTime - startTime) / 1000);
      if (error) errors.inc({ sink });
    }
  });
}

function atEachEnd(history: JobHistory, count: (batch: BatchRecord) => void): void {
  history.watch((batch) => {
    if (batch?.status === 'completed') count(batch);
  });
}

function gaugeSources({ plan, sources }: JobHistory, options: OptionsOf, { Counter, Gauge }: Prometheus): void {
  const nameOf = (id: NodeId): string => plan.nodes[id]!.origin.name;
  lookedUp(new Gauge(options('streamjob_source_state')), (gauge) => {
    for (const [id, { state }] of sources)
      for (const each of receiverStates) gauge.set({ source: nameOf(id), state: each }, each === state ? 1 : 0);
  });
  lookedUp(new Counter(options('streamjob_source_errors_total')), (counter) => {
    counter.reset();
    for (const [id, { errors }] of sources) counter.inc({ source: nameOf(id) }, errors);
  });
}

function gaugeStates({ plan, keys, held }: JobHistory, options: OptionsOf, { Gauge }: Prometheus): void {
  const labels = (id: NodeId) => ({ step: stepLabel(plan.nodes[id]!.origin) });
  lookedUp(new Gauge(options('streamjob_state_keys')), (gauge) => {
    for (const [id, count] of keys) gauge.set(labels(id), count);
  });
  lookedUp(new Gauge(options('streamjob_state_bytes')), (gauge) => {
    for (const [id, { bytes }] of held) gauge.set(labels(id), bytes);
  });
}

/** What is true at this moment is looked up when it is asked for. */
function lookedUp<M extends Counter | Gauge>(metric: M, look: (metric: M) => void): void {
  Object.assign(metric, { collect: () => look(metric) });
}

const stepLabel = ({ name, step = 0 }: { readonly name: string; readonly step?: number }): string =>
  `${name}/${step + 1}`;
