import type { FunctionReference } from '../../function/reference.ts';
import type { NodeId, Plan, PlanNode } from '../../plan/plan.ts';

export type UserFunction = (...args: unknown[]) => unknown;

/** The compiled functions of a node by their role there. */
export interface NodeFunctions {
  readonly fn?: UserFunction;
  readonly create?: UserFunction;
  readonly mergeValue?: UserFunction;
  readonly mergeCombiners?: UserFunction;
  readonly by?: UserFunction;
}

/** Compiles all functions of a plan. */
export function compileFunctions(
  plan: Plan,
  compile: (reference: FunctionReference) => UserFunction,
): ReadonlyMap<NodeId, NodeFunctions> {
  const functions = new Map<NodeId, NodeFunctions>();
  for (const node of plan.nodes) {
    const entries = Object.entries(referencesOf(node)).map(([role, reference]) => [role, compile(reference)]);
    if (entries.length > 0) functions.set(node.id, Object.fromEntries(entries));
  }
  return functions;
}

function referencesOf(node: PlanNode): { [role: string]: FunctionReference } {
  switch (node.kind) {
    case 'narrow':
      return { fn: node.fn };
    case 'fold': {
      const { create, mergeValue, mergeCombiners } = node;
      return { ...(create && { create }), mergeValue, mergeCombiners };
    }
    case 'state':
      return { fn: node.fn };
    case 'sort':
      return node.by ? { by: node.by } : {};
    default:
      return {};
  }
}
