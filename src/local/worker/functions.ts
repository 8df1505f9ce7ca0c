import { refuseAsync } from '../../function/compile.ts';
import type { FunctionReference } from '../../function/reference.ts';
import type { NodeId, PlanNode } from '../../plan/plan.ts';
import { referencesOf } from '../../plan/references.ts';

export type UserFunction = (...args: unknown[]) => unknown;

/** The compiled functions of a node by their role there. */
export interface NodeFunctions {
  readonly fn?: UserFunction;
  readonly create?: UserFunction;
  readonly mergeValue?: UserFunction;
  readonly mergeCombiners?: UserFunction;
  readonly by?: UserFunction;
}

/** Compiles all functions of some nodes. Throws StreamjobError `bad-function` for one that is async. */
export function compileFunctions(
  nodes: readonly PlanNode[],
  compile: (reference: FunctionReference) => UserFunction,
): ReadonlyMap<NodeId, NodeFunctions> {
  const functions = new Map<NodeId, NodeFunctions>();
  for (const node of nodes) {
    const entries = Object.entries(referencesOf(node)).map(([role, reference]) => {
      const fn = compile(reference);
      refuseAsync(fn, reference);
      return [role, fn];
    });
    if (entries.length > 0) functions.set(node.id, Object.fromEntries(entries));
  }
  return functions;
}
