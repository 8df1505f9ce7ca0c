import type { FunctionReference } from '../function/reference.ts';
import type { PlanNode } from './plan.ts';

/** The functions of a node that run in tasks, by their role there. */
export function referencesOf(node: PlanNode): { readonly [role: string]: FunctionReference } {
  switch (node.kind) {
    case 'narrow':
    case 'state':
      return { fn: node.fn };
    case 'fold': {
      const { create, mergeValue, mergeCombiners } = node;
      return { ...(create && { create }), mergeValue, mergeCombiners };
    }
    case 'sort':
      return node.by ? { by: node.by } : {};
    default:
      return {};
  }
}

type Scope = NonNullable<FunctionReference['scope']>;

/** The scopes of the functions of some nodes, in a fixed order. */
export const scopesOf = (nodes: readonly PlanNode[]): readonly Scope[] =>
  nodes.flatMap((node) => Object.values(referencesOf(node))).flatMap(({ scope }) => (scope ? [scope] : []));
