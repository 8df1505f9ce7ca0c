import { type Edge, edgeSlide, type Plan, type PlanNode, slidesOf, type WindowNode } from './plan.ts';
import { usefulNodes } from './stages.ts';

/**
 * The plan with a window behind each of these streams that sinks need. Nobody reads such a window as it slides; it keeps what was
 * given in the last `length` milliseconds, for who asks.
 */
export function withRemembered(plan: Plan, streams: ReadonlyMap<string, Edge>, length: number): Plan {
  const useful = usefulNodes(plan);
  const slides = slidesOf(plan);
  const nodes: PlanNode[] = [...plan.nodes];
  for (const [name, input] of streams) {
    if (!useful.has(input.from)) continue;
    const slide = edgeSlide(input, plan.nodes, slides);
    const origin = { name, component: 'remember' };
    const whole = Math.ceil(length / slide) * slide;
    nodes.push({ kind: 'window', id: nodes.length, origin, input, length: whole, slide, remembered: true });
  }
  return { ...plan, nodes };
}

export const isRemembered = (node: PlanNode): node is WindowNode => node.kind === 'window' && node.remembered === true;

/** The window that remembers the stream of this name, if one does. */
export const rememberedOf = ({ nodes }: Plan, stream: string): WindowNode | undefined =>
  nodes.filter(isRemembered).find(({ origin }) => origin.name === stream);
