import type { BatchPlan } from '../../component/rdds.ts';
import type { Plan, PlanNode } from '../../plan/plan.ts';
import { scopesOf } from '../../plan/references.ts';
import { type Stage, stagesOf } from '../../plan/stages.ts';
import type { ForgetPlan, PlanMessage, Variant } from '../wire/messages.ts';

/** A plan that the threads can run. */
export interface ReadyPlan {
  readonly plan: Plan;
  readonly stages: readonly Stage[];
  /** Absent for the plan of the job itself. */
  readonly variant?: Variant;
}

interface Known {
  readonly message: PlanMessage;
  readonly stages: readonly Stage[];
}

/** Threads keep what they have compiled of so many plans. */
const maxVariants = 32;

/**
 * The plans that stand for the job's own in single batches. Most batches have the same as some batch before them, but for the
 * values in the scopes of functions: then the threads have it already, compiled.
 */
export class PlanVariants {
  readonly #tell: (message: PlanMessage | ForgetPlan) => void;
  /** The least recently used first. */
  readonly #known = new Map<string, Known>();
  #ids = 0;

  constructor(tell: (message: PlanMessage | ForgetPlan) => void) {
    this.#tell = tell;
  }

  /** Nodes that are those of `base` are not sent again: threads have them. */
  ready({ plan, configs }: BatchPlan, base: readonly PlanNode[]): ReadyPlan {
    const changed = plan.nodes.filter((node, id) => node !== base[id]);
    const key = JSON.stringify([base.length, changed, [...configs]], withoutScopes);
    const known = this.#known.get(key) ?? this.#add({ plan, configs }, base.length);
    this.#known.delete(key);
    this.#known.set(key, known);
    this.#limit();
    const scopes = scopesOf(plan.nodes.slice(base.length));
    return { plan, stages: known.stages, variant: { id: known.message.id, scopes } };
  }

  #add({ plan, configs }: Pick<BatchPlan, 'plan' | 'configs'>, shared: number): Known {
    const message: PlanMessage = { type: 'plan', id: ++this.#ids, plan, configs, shared };
    this.#tell(message);
    return { message, stages: stagesOf(plan) };
  }

  #limit(): void {
    if (this.#known.size <= maxVariants) return;
    const [key, { message }] = this.#known.entries().next().value!;
    this.#known.delete(key);
    this.#tell({ type: 'forgetPlan', id: message.id });
  }
}

const withoutScopes = (field: string, value: unknown): unknown =>
  field === 'scope' && typeof value === 'object' && value !== null ? Object.keys(value) : value;
