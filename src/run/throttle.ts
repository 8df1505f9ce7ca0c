import type { Engine } from '../engine/engine.ts';
import type { NodeId, Plan } from '../plan/plan.ts';
import { Backpressure } from './backpressure.ts';
import type { BatchInfo } from './events.ts';
import type { Inputs } from './inputs.ts';

export interface ThrottleOptions {
  readonly plan: Plan;
  readonly engine: Engine;
  readonly inputs: Inputs;
}

/** settings.backpressure: after each batch every source is told how much it may give. */
export class Throttle {
  readonly #options: ThrottleOptions;
  readonly #sources: ReadonlyMap<NodeId, Backpressure>;

  constructor(options: ThrottleOptions) {
    this.#options = options;
    const sources = options.plan.nodes.filter(({ kind }) => kind === 'source');
    this.#sources = new Map(sources.map(({ id }) => [id, new Backpressure(options.plan.batchInterval)]));
  }

  after(batch: BatchInfo): void {
    const { batchTime, submissionTime, processingStartTime = submissionTime, processingEndTime, recordsIn } = batch;
    if (processingEndTime === undefined || !recordsIn) return;
    const pace = {
      time: processingEndTime,
      processingDelay: processingEndTime - processingStartTime,
      schedulingDelay: processingStartTime - submissionTime,
    };
    const bytes = this.#options.inputs.bytesOf(batchTime);
    for (const [source, backpressure] of this.#sources) {
      const input = { records: recordsIn.get(source) ?? 0, bytes: bytes.get(source) ?? 0 };
      this.#limit(source, backpressure.after({ ...pace, ...input }));
    }
  }

  #limit(source: NodeId, bytesPerSecond: number | undefined): void {
    const { inputs, plan } = this.#options;
    inputs.limit(source, bytesPerSecond && (bytesPerSecond * plan.batchInterval) / 1000);
    this.#options.engine.limit?.(source, bytesPerSecond);
  }
}
