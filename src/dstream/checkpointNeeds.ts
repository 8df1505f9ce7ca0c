import { catalog } from '../catalog/index.ts';
import type { BuiltPlan } from './buildPlan.ts';
import type { Graph, RecordedOperator } from './graph.ts';

/** The steps that keep from batch to batch what a restart must not lose. */
export async function stepsToKeep(graph: Graph, checked: BuiltPlan['checked']): Promise<readonly RecordedOperator[]> {
  const steps: RecordedOperator[] = [];
  for (const step of graph.steps) {
    if (step.kind !== 'operator' || !checked.has(step)) continue;
    const { needsCheckpoint } = await catalog.operators.load(step.component);
    if (needsCheckpoint?.(checked.get(step)!.config)) steps.push(step);
  }
  return steps;
}
