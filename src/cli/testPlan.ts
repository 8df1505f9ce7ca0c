import { bug } from '../base/errors.ts';
import { toLiteral } from '../plan/literal.ts';
import {
  type Edge,
  inputsOf,
  type NodeId,
  type Plan,
  type PlanNode,
  type SinkNode,
  type SourceNode,
} from '../plan/plan.ts';
import type { JobTest } from '../spec/jobTests.ts';

/** A plan with the given batches in place of its sources and one `collect` sink, named as its stream, for each expected stream. */
export interface TestPlan {
  readonly plan: Plan;
  readonly configs: ReadonlyMap<NodeId, unknown>;
}

/** `streams` says which edge is which stream of the job. Steps that no expected stream needs are left out. */
export function testPlan(plan: Plan, streams: ReadonlyMap<string, Edge>, test: JobTest): TestPlan {
  const outputs = Object.keys(test.expect).map((name) => ({ name, input: edgeOf(streams, name) }));
  const kept = ancestors(
    plan,
    outputs.map(({ input }) => input.from),
  );
  const ids = new Map(kept.map(({ id }, index) => [id, index]));
  const nodes: PlanNode[] = kept.map((node) => renumbered(node.kind === 'source' ? queued(node, test) : node, ids));
  for (const { name, input } of outputs) nodes.push(collecting(name, moved(input, ids), nodes.length));
  return { plan: { ...plan, nodes }, configs: configsOf(nodes) };
}

function edgeOf(streams: ReadonlyMap<string, Edge>, name: string): Edge {
  const edge = streams.get(name);
  if (!edge) throw bug(`the test expects the stream ${name}, which passed the check and is not in the plan`);
  return edge;
}

function ancestors(plan: Plan, from: readonly NodeId[]): readonly PlanNode[] {
  const needed = new Set(from);
  for (const id of needed) {
    for (const edge of inputsOf(plan.nodes[id]!)) needed.add(edge.from);
  }
  return plan.nodes.filter(({ id }) => needed.has(id));
}

function queued(node: SourceNode, { given }: JobTest): SourceNode {
  const { name } = node.origin;
  const { batches, partitions } = (Object.hasOwn(given, name) && given[name]) || { batches: [], partitions: 1 };
  const config = { batches: batches.map((batch) => batch.map(toLiteral)), oneAtATime: true, partitions };
  return { ...node, origin: { ...node.origin, component: 'queue' }, config };
}

const collecting = (name: string, input: Edge, id: NodeId): SinkNode => ({
  kind: 'sink',
  id,
  origin: { name, component: 'collect' },
  input,
  config: {},
});

function renumbered(node: PlanNode, ids: ReadonlyMap<NodeId, NodeId>): PlanNode {
  const id = ids.get(node.id)!;
  switch (node.kind) {
    case 'source':
      return { ...node, id };
    case 'cogroup':
      return { ...node, id, inputs: [moved(node.inputs[0], ids), moved(node.inputs[1], ids)] };
    case 'union':
    case 'transform':
      return { ...node, id, inputs: node.inputs.map((edge) => moved(edge, ids)) };
    default:
      return { ...node, id, input: moved(node.input, ids) };
  }
}

const moved = (edge: Edge, ids: ReadonlyMap<NodeId, NodeId>): Edge => ({ ...edge, from: ids.get(edge.from)! });

const configsOf = (nodes: readonly PlanNode[]): ReadonlyMap<NodeId, unknown> =>
  new Map(nodes.flatMap((node) => (node.kind === 'source' || node.kind === 'sink' ? [[node.id, node.config]] : [])));
