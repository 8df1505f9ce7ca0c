import type { PlanNode } from './plan.ts';

/** The function of a narrow step on one line, cut. */
export function functionText(node: PlanNode): string | undefined {
  if (node.kind !== 'narrow') return undefined;
  const line = node.fn.text.replace(/\s+/g, ' ').trim();
  return line.length > 70 ? `${line.slice(0, 69)}…` : line;
}

/** How records get to an input of a shuffle. */
export function movement(node: PlanNode, input: number): string {
  switch (node.kind) {
    case 'fold':
      return node.key === 'none' ? 'to one partition, combined before' : 'by key, combined before';
    case 'cogroup':
      return input === 0 ? 'by key, left side' : 'by key, right side';
    case 'sort':
      return 'to one partition, sorted';
    default:
      return 'spread evenly';
  }
}
