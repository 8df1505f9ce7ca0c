import type { NodeId, Plan, PlanNode } from '../plan/plan.ts';
import { isRemembered } from '../plan/remember.ts';
import { type Pipe, type Stage, stagesOf } from '../plan/stages.ts';

/** The stages of a plan and its sinks, as boxes and arrows. */
export interface JobGraph {
  readonly boxes: readonly GraphBox[];
  readonly edges: readonly { readonly from: NodeId; readonly to: NodeId }[];
}

export interface GraphBox {
  /** The node that the stage begins with, or the sink. */
  readonly id: NodeId;
  readonly kind: 'source' | 'step' | 'sink';
  readonly name: string;
  readonly component: string;
  /** What else happens in the stage, a line for each stream: `words: flatMap, map`. */
  readonly steps: readonly string[];
}

export function graphOf(plan: Plan): JobGraph {
  const stages = stagesOf(plan);
  const sinks = plan.nodes.filter(({ kind }) => kind === 'sink').map((node) => boxOf(node, []));
  const edges = stages.flatMap(({ root, leaves }) =>
    unique(
      leaves.filter(({ node }) => !isRemembered(node)).map(({ node }) => node.id),
      root.id,
    ),
  );
  return { boxes: [...stages.map((stage) => boxOf(stage.root, stepsOf(stage))), ...sinks], edges };
}

const unique = (targets: readonly NodeId[], from: NodeId): JobGraph['edges'] =>
  [...new Set(targets)].map((to) => ({ from, to }));

function boxOf({ id, kind, origin }: PlanNode, steps: readonly string[]): GraphBox {
  const named = kind === 'source' || kind === 'sink';
  return {
    id,
    kind: named ? kind : 'step',
    name: named || origin.step === undefined ? origin.name : `${origin.name}, step ${origin.step + 1}`,
    component: origin.component,
    steps,
  };
}

function stepsOf({ pipe }: Stage): readonly string[] {
  const streams = new Map<string, Set<NodeId>>();
  const lines = new Map<NodeId, string>();
  for (const { id, origin } of innerNodes(pipe)) {
    streams.set(origin.name, (streams.get(origin.name) ?? new Set()).add(id));
    lines.set(id, origin.component);
  }
  return [...streams].map(([name, ids]) => `${name}: ${[...ids].map((id) => lines.get(id)).join(', ')}`);
}

const innerNodes = ({ out, error }: Pipe): readonly PlanNode[] =>
  [...out, ...error].flatMap((pipe) => (pipe.leaf === undefined ? [pipe.node, ...innerNodes(pipe)] : innerNodes(pipe)));
