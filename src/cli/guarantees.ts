import type { JsonValue } from '../base/json.ts';
import { inputsOf, type NodeId, type Plan, type SinkNode, type SourceNode } from '../plan/plan.ts';

/** What is promised for records on their way from a source to a sink if the process is killed. */
export interface Guarantee {
  readonly source: string;
  readonly sink: string;
  readonly promise: string;
}

/** One for each source and each sink that it reaches. A graceful stop loses nothing, whatever the pair. */
export function guarantees(plan: Plan, checkpoint: boolean): readonly Guarantee[] {
  return plan.nodes.flatMap((sink) =>
    sink.kind === 'sink' ? sourcesOf(plan, sink).map((source) => pair(source, sink, checkpoint)) : [],
  );
}

function sourcesOf(plan: Plan, sink: SinkNode): readonly SourceNode[] {
  const seen = new Set<NodeId>([sink.id]);
  for (const id of seen) {
    for (const { from } of inputsOf(plan.nodes[id]!)) seen.add(from);
  }
  return plan.nodes.filter((node) => node.kind === 'source').filter(({ id }) => seen.has(id));
}

const pair = (source: SourceNode, sink: SinkNode, checkpoint: boolean): Guarantee => ({
  source: `${source.origin.name} (${source.origin.component})`,
  sink: `${sink.origin.name} (${sink.origin.component})`,
  promise: checkpoint
    ? `${keptSource(source.origin.component)} ${keptSink(sink)}`
    : `${sourcePromise(source.origin.component)} ${sinkPromise(sink)}`,
});

/** With a checkpoint. */
function keptSource(component: string): string {
  switch (component) {
    case 'files':
      return 'Each file is read in one batch, whatever becomes of the process.';
    case 'queue':
      return 'Each batch is run, whatever becomes of the process.';
    case 'rate':
      return 'If the process is killed, the next start counts from 0 again.';
    case 'kafka':
      return 'Each message is read in one batch, whatever becomes of the process.';
    case 'http':
      return 'What was answered as taken is in one batch, whatever becomes of the process.';
    default:
      return 'If the process is killed, what it received in the last blockInterval is lost, and nothing else.';
  }
}

function keptSink({ origin, config }: SinkNode): string {
  switch (origin.component) {
    case 'kafka':
      return isExactlyOnce(config)
        ? 'Each message is there once, for readers of committed transactions.'
        : 'Messages of a batch that was being written when the process was killed are sent again.';
    case 'files':
      return 'A batch appears once, as a whole file.';
    case 'http':
      return 'Requests of a batch that was being written are sent again, with the same Idempotency-Key.';
    case 'foreachRDD':
      return 'The function is called at least once for a batch, with the same time at each call.';
    default:
      return 'A batch that was being written when the process was killed is written again.';
  }
}

function sourcePromise(component: string): string {
  switch (component) {
    case 'files':
      return 'If the process is killed, nothing is lost: the next start reads all files again, also those already done.';
    case 'queue':
      return 'If the process is killed, nothing is lost: the next start begins with the first batch again.';
    case 'rate':
      return 'If the process is killed, the next start counts from 0 again.';
    case 'kafka':
      return 'The next start begins where `from` says.';
    default:
      return 'If the process is killed, what it received and had not finished is lost.';
  }
}

const isExactlyOnce = (config: JsonValue): boolean =>
  (config as { readonly exactlyOnce?: JsonValue } | null)?.exactlyOnce === true;

function sinkPromise({ origin, config }: SinkNode): string {
  switch (origin.component) {
    case 'kafka':
      return isExactlyOnce(config)
        ? 'What a task sends appears whole or not at all, for readers of committed transactions.'
        : 'A batch that was being written may appear in part.';
    case 'files':
      return 'A batch appears as a whole file or not at all.';
    case 'http':
      return 'Requests of a batch that was being written are sent again, with the same Idempotency-Key.';
    case 'foreachRDD':
      return 'The function is called at least once for a batch, with the same time at each call.';
    default:
      return 'A batch that was being written may appear in part.';
  }
}
