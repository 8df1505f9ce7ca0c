import { formatDuration } from '../base/duration.ts';
import type { PlanNode } from './plan.ts';

/** The function of a narrow step, a transform or a state on one line, cut. */
export function functionText(node: PlanNode): string | undefined {
  if (node.kind !== 'narrow' && node.kind !== 'transform' && node.kind !== 'state') return undefined;
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
    case 'state':
      return 'by key';
    case 'window':
      return `kept for ${formatDuration(node.length)}`;
    default:
      return 'spread evenly';
  }
}

/** The window that a node looks at: `the last 10m, every 1s`. */
export function windowText(node: PlanNode): string | undefined {
  const span = node.kind === 'window' ? node : node.kind === 'fold' ? node.window : undefined;
  return span && `the last ${formatDuration(span.length)}, every ${formatDuration(span.slide)}`;
}
