import { StreamjobError } from '../base/errors.ts';
import { didYouMean } from '../base/suggest.ts';
import type { CommitMessage } from '../component/sink.ts';
import type { Batch, BatchResult } from '../engine/engine.ts';
import type { StageFigures } from '../engine/stageFigures.ts';
import type { Sample, ShownRecord, TapOptions } from '../observe/insight.ts';
import type { Edge, NodeId, Plan, PlanNode } from '../plan/plan.ts';
import { usefulNodes } from '../plan/stages.ts';

export type NamedStreams = ReadonlyMap<string, Edge>;

interface Tap {
  readonly options: TapOptions;
  /** When it was last given a sample. */
  last: number;
}

/** A sink that was added to the plan of a batch. */
interface Added {
  readonly taps: readonly Tap[];
  readonly node: NodeId;
}

/**
 * Shows streams of a running job to who asks. A batch that somebody looks at gets a plan with a sink more for each such stream;
 * all other batches run as if there were no taps. Nobody is waited for.
 */
export class Taps {
  readonly #plan: Plan;
  readonly #streams: NamedStreams;
  readonly #taps = new Set<Tap>();
  #added: readonly Added[] = [];

  constructor(plan: Plan, streams: NamedStreams) {
    this.#plan = plan;
    this.#streams = streams;
  }

  /** Looks at a stream until the function that it gives is called. Throws StreamjobError `unknown-stream`. */
  open(options: TapOptions): () => void {
    const edge = namedStream(this.#streams, options.stream);
    if (!usefulNodes(this.#plan).has(edge.from)) throw unused(options.stream);
    const tap = { options, last: Number.NEGATIVE_INFINITY };
    this.#taps.add(tap);
    return () => this.#taps.delete(tap);
  }

  /** The batch, with what shows the streams that somebody wants to see now. */
  into(batch: Batch): Batch {
    const nodes: PlanNode[] = [...(batch.expanded?.plan ?? this.#plan).nodes];
    const configs = new Map(batch.expanded?.configs);
    this.#added = [...this.#due()].map(([stream, taps]) => {
      const node = nodes.length;
      nodes.push(tapping(stream, this.#streams.get(stream)!, node));
      configs.set(node, { limit: Math.max(...taps.map(({ options }) => options.limit)) });
      return { taps, node };
    });
    if (this.#added.length === 0) return batch;
    const plan = { ...(batch.expanded?.plan ?? this.#plan), nodes };
    return { ...batch, expanded: { plan, configs, inputs: batch.expanded?.inputs ?? new Map() } };
  }

  #due(): ReadonlyMap<string, readonly Tap[]> {
    const due = new Map<string, Tap[]>();
    const now = performance.now();
    for (const tap of this.#taps) {
      const { stream, interval } = tap.options;
      if (now - tap.last >= interval) due.set(stream, [...(due.get(stream) ?? []), tap]);
    }
    return due;
  }

  /** Hands out what was seen, and gives the result that the batch would have without. */
  handOut({ time }: Batch, result: BatchResult): BatchResult {
    if (this.#added.length === 0) return result;
    const sinks = new Map(result.sinks);
    for (const { taps, node } of this.#added) {
      const messages = sinks.get(node);
      sinks.delete(node);
      if (messages) for (const tap of taps) this.#show(tap, time, messages);
    }
    return { ...result, sinks };
  }

  #show(tap: Tap, batchTime: number, messages: readonly CommitMessage[]): void {
    if (!this.#taps.has(tap)) return;
    tap.last = performance.now();
    tap.options.sampled(sampleOf(batchTime, messages, tap.options.limit));
  }

  /** What a stage did, without what it gave to taps. */
  ownFigures(figures: StageFigures): StageFigures {
    if (this.#added.length === 0) return figures;
    const taps = new Set(this.#added.map(({ node }) => node));
    return { ...figures, recordsOut: figures.recordsOut.filter(({ node }) => !taps.has(node)) };
  }
}

/** The last records of the partitions, as many of each as of the others. */
function sampleOf(batchTime: number, messages: readonly CommitMessage[], limit: number): Sample {
  const records = messages.reduce((sum, message) => sum + (message.records as number), 0);
  const partitions = messages.map((message) => [...(message.shown as unknown as readonly ShownRecord[])]);
  const shown: ShownRecord[] = [];
  while (shown.length < limit && partitions.some(({ length }) => length > 0)) {
    for (const partition of partitions.toReversed()) {
      const last = shown.length < limit ? partition.pop() : undefined;
      if (last) shown.unshift(last);
    }
  }
  return { batchTime, records, shown };
}

const tapping = (stream: string, input: Edge, id: NodeId): PlanNode => ({
  kind: 'sink',
  id,
  origin: { name: `tap of ${stream}`, component: 'tap' },
  input,
  config: {},
});

/** The edge out of a source, stream or stream of errors. Throws StreamjobError `unknown-stream`. */
export function namedStream(streams: NamedStreams, name: string): Edge {
  const edge = streams.get(name);
  if (edge) return edge;
  const names = [...streams.keys()];
  throw new StreamjobError('unknown-stream', `The job has no stream ${JSON.stringify(name)}.`, {
    remedy: `${didYouMean(name, names)}There are ${names.join(', ')}.`,
  });
}

const unused = (name: string): StreamjobError =>
  new StreamjobError('unused-stream', `The stream ${name} is not computed, for no sink needs it.`, {
    remedy: 'Give it a sink.',
  });
