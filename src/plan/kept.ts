import {
  type FoldNode,
  type Plan,
  type PlanNode,
  type StateNode,
  slidesOf,
  stepName,
  type WindowNode,
} from './plan.ts';

/** A node that keeps something from batch to batch: a state, the values of a window by key, or the records of a window. */
export interface Keeper {
  /**
   * The same in every version of a job: the step's own `id`, or its stream and its number among those of that stream that keep
   * something, from 1: `counts/1`.
   */
  readonly id: string;
  readonly kind: 'state' | 'window' | 'records';
  readonly node: StateNode | FoldNode | WindowNode;
  /** Milliseconds between the batches that it gives. */
  readonly slide: number;
}

/** The nodes of a plan that keep something, in their order. */
export function keepersOf(plan: Plan): readonly Keeper[] {
  const slides = slidesOf(plan);
  const numbers = new Map<string, number>();
  const keepers: Keeper[] = [];
  for (const node of plan.nodes) {
    const kind = kindOf(node);
    if (kind === undefined) continue;
    const { name } = node.origin;
    const number = (numbers.get(name) ?? 0) + 1;
    numbers.set(name, number);
    const id = (node.kind === 'state' ? node.stateId : undefined) ?? `${name}/${number}`;
    keepers.push({ id, kind, node: node as Keeper['node'], slide: slides[node.id]! });
  }
  return keepers;
}

export const sameKeepersRemedy = 'Give one of them an `id` that no other step has.';

/** Keepers that have the id of an earlier one; they would be taken for the same at the next start. */
export function sameKeepers(plan: Plan): readonly { readonly keeper: Keeper; readonly message: string }[] {
  const known = new Map<string, Keeper>();
  return keepersOf(plan).flatMap((keeper) => {
    const first = known.get(keeper.id);
    known.set(keeper.id, first ?? keeper);
    if (!first) return [];
    const [one, other] = [first, keeper].map(({ node }) => stepName(node.origin));
    return [{ keeper, message: `What ${one} and ${other} keep has the same name, ${keeper.id}.` }];
  });
}

function kindOf(node: PlanNode): Keeper['kind'] | undefined {
  if (node.kind === 'state') return 'state';
  if (node.kind === 'window') return node.remembered ? undefined : 'records';
  return node.kind === 'fold' && node.window ? 'window' : undefined;
}
