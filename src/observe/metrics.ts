import type { Registry } from 'prom-client';
import { processingTime, schedulingDelay } from './batchRecord.ts';
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
  countBatches(history, registry, prometheus);
  gaugeStates(history, registry, prometheus);
  return { contentType: registry.contentType, text: () => registry.metrics() };
}

type Prometheus = typeof import('prom-client');

function countBatches(history: JobHistory, registry: Registry, { Counter, Histogram }: Prometheus): void {
  const registers = [registry];
  const histogram = (name: string, help: string) => new Histogram({ name, help, buckets, registers });
  const processing = histogram('streamjob_batch_processing_seconds', 'How long batches were processed.');
  const delay = histogram('streamjob_batch_scheduling_delay_seconds', 'How long batches waited before that.');
  const outcomes = {
    name: 'streamjob_batches_total',
    help: 'Batches that are over.',
    labelNames: ['outcome'],
    registers,
  };
  const batches = new Counter(outcomes);
  const reads = {
    name: 'streamjob_records_total',
    help: 'Records that sources gave.',
    labelNames: ['source'],
    registers,
  };
  const records = new Counter(reads);
  for (const outcome of ['succeeded', 'failed']) batches.inc({ outcome }, 0);
  for (const { kind, origin } of history.plan.nodes) if (kind === 'source') records.inc({ source: origin.name }, 0);
  history.watch((batch) => {
    if (batch?.status !== 'completed') return;
    processing.observe((processingTime(batch) ?? 0) / 1000);
    delay.observe((schedulingDelay(batch) ?? 0) / 1000);
    batches.inc({ outcome: batch.error ? 'failed' : 'succeeded' });
    for (const [id, count] of batch.recordsIn) records.inc({ source: history.plan.nodes[id]!.origin.name }, count);
  });
}

/** What is true at this moment is looked up when it is asked for. */
function gaugeStates(history: JobHistory, registry: Registry, { Gauge }: Prometheus): void {
  const registers = [registry];
  const { plan, receivers, keys } = history;
  const interval = new Gauge({ name: 'streamjob_batch_interval_seconds', help: 'The batch interval.', registers });
  interval.set(plan.batchInterval / 1000);
  new Gauge({
    name: 'streamjob_waiting_batches',
    help: 'Batches that wait for their turn.',
    registers,
    collect() {
      this.set(history.waiting);
    },
  });
  new Gauge({
    name: 'streamjob_receiver_state',
    help: '1 for the state that the receiver of a source has, 0 for the others.',
    labelNames: ['source', 'state'],
    registers,
    collect() {
      for (const [id, { state }] of receivers) {
        const source = plan.nodes[id]!.origin.name;
        for (const each of receiverStates) this.set({ source, state: each }, each === state ? 1 : 0);
      }
    },
  });
  new Gauge({
    name: 'streamjob_state_keys',
    help: 'Keys that a state or window holds.',
    labelNames: ['step'],
    registers,
    collect() {
      for (const [id, count] of keys) this.set({ step: stepLabel(plan.nodes[id]!.origin) }, count);
    },
  });
}

const stepLabel = ({ name, step = 0 }: { readonly name: string; readonly step?: number }): string =>
  `${name}/${step + 1}`;
