import { catalog } from '../catalog/index.ts';
import type { BuiltPlan } from './buildPlan.ts';
import type { Graph, RecordedOperator, RecordedSink } from './graph.ts';

/** The steps that keep from batch to batch what a restart must not lose, and the sinks that must know what they have done. */
export async function stepsToKeep(
  graph: Graph,
  checked: BuiltPlan['checked'],
): Promise<readonly (RecordedOperator | RecordedSink)[]> {
  const steps: (RecordedOperator | RecordedSink)[] = [];
  for (const step of graph.steps) {
    if ((step.kind !== 'operator' && step.kind !== 'sink') || !checked.has(step)) continue;
    const { needsCheckpoint } = await catalog[`${step.kind}s`].load(step.component);
    if (needsCheckpoint?.(checked.get(step)!.config as never)) steps.push(step);
  }
  return steps;
}

/** What is wrong with such a step in a job that says nothing about a checkpoint. */
export const whyToKeep = ({ kind }: RecordedOperator | RecordedSink): string =>
  kind === 'sink'
    ? 'can send each record once only if a restart knows what was done'
    : 'keeps from batch to batch what a restart must not lose';
