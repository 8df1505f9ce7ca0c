import { PlanBuilder } from './builder.ts';
import { type Edge, inputsOf, isDue, type Plan, type PlanNode, slidesOf, type TransformNode } from './plan.ts';

/** Calls the function of a transform: adds what it records to the plan, and gives the edge out of it. */
export type CallTransform = (node: TransformNode, plan: PlanBuilder) => Edge;

/** Which batch a plan is expanded for. */
export interface BatchTimes {
  readonly time: number;
  readonly zeroTime: number;
}

export const hasTransforms = ({ nodes }: Plan): boolean => nodes.some(isTransform);

/**
 * The plan of one batch: in place of each transform stands what its function has recorded for this batch. The nodes of the plan
 * keep their ids, so what is known by id (state, windows, sinks) is known by it in each batch; added nodes have the ids
 * behind. A transform that is not due gives nothing, and is not called.
 */
export function expandPlan(plan: Plan, { time, zeroTime }: BatchTimes, call: CallTransform): Plan {
  const slides = slidesOf(plan);
  const builder = new PlanBuilder(plan.batchInterval);
  builder.nodes.push(...plan.nodes);
  for (const { id } of plan.nodes) {
    const node = builder.nodes[id]!;
    if (!isTransform(node)) continue;
    const { origin, inputs } = node;
    builder.origin = origin;
    const first = builder.nodes.length;
    const result = isDue(slides[id]!, time, zeroTime) ? [call(node, builder)] : inputs;
    const added = builder.nodes.slice(first);
    builder.nodes[id] = { id, origin, kind: 'union', inputs: result };
    if (node.onError === 'emit') collectFailures(builder, node, added);
  }
  return { ...plan, nodes: builder.nodes };
}

const isTransform = (node: PlanNode): node is TransformNode => node.kind === 'transform';

/** What was to get the transform's failures gets those of the nodes that it stands for. */
function collectFailures(builder: PlanBuilder, { id }: TransformNode, added: readonly PlanNode[]): void {
  const failing = added.filter((node) => node.onError === 'emit');
  const failures = builder.union({ inputs: failing.map((node) => ({ from: node.id, port: 'error' })) });
  const moved = (edge: Edge): Edge => (edge.from === id && edge.port === 'error' ? failures : edge);
  for (const node of builder.nodes) {
    if (inputsOf(node).some((edge) => moved(edge) !== edge)) builder.nodes[node.id] = withInputs(node, moved);
  }
}

/** A node with each of its input edges replaced. */
export function withInputs(node: PlanNode, moved: (edge: Edge) => Edge): PlanNode {
  switch (node.kind) {
    case 'source':
      return node;
    case 'cogroup':
      return { ...node, inputs: [moved(node.inputs[0]), moved(node.inputs[1])] };
    case 'union':
    case 'transform':
      return { ...node, inputs: node.inputs.map(moved) };
    default:
      return { ...node, input: moved(node.input) };
  }
}
