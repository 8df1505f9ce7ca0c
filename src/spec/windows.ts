import type { BuiltPlan } from '../dstream/buildPlan.ts';
import { stepsToKeep, whyToKeep } from '../dstream/checkpointNeeds.ts';
import { sameKeepers, sameKeepersRemedy } from '../plan/kept.ts';
import { slideProblems } from '../plan/slides.ts';
import type { Assembled } from './assemble.ts';
import { YamlConfig } from './checkedSettings.ts';
import { problemAt, type Report } from './problem.ts';

/** Lengths and slides of windows that do not fit the stream before, and streams put together that come at different times. */
export function reportSlides({ graph, spans }: Assembled, { plan }: Pick<BuiltPlan, 'plan'>, report: Report): void {
  for (const { node, setting, message, remedy } of slideProblems(plan)) {
    const config = graph.steps.find((step) => step.origin === node.origin && 'config' in step);
    const span =
      setting && config && 'config' in config && config.config instanceof YamlConfig
        ? config.config.spanOf(setting)
        : spans.get(node.origin);
    if (span) report(problemAt(span, { code: 'bad-value', message, remedy }));
  }
}

/** Steps that could not be told apart at the next start. */
export function reportSameKeepers({ spans }: Assembled, { plan }: Pick<BuiltPlan, 'plan'>, report: Report): void {
  for (const { keeper, message } of sameKeepers(plan)) {
    const span = spans.get(keeper.node.origin);
    if (span) report(problemAt(span, { code: 'duplicate-name', message, remedy: sameKeepersRemedy }));
  }
}

/** Steps and sinks that must know after a restart what was before, in a job that says nothing about a checkpoint. */
export async function reportNoCheckpoint(
  { graph, spans }: Assembled,
  { checked }: Pick<BuiltPlan, 'checked'>,
  report: Report,
): Promise<void> {
  for (const step of await stepsToKeep(graph, checked)) {
    const message = `\`${step.component}\` ${whyToKeep(step)}, and the job has no \`checkpoint\`.`;
    const remedy = 'Add `checkpoint: DIRECTORY`, or `checkpoint: false` if it may be lost when the job ends.';
    report(problemAt(spans.get(step.origin)!, { code: 'no-checkpoint', message, remedy }));
  }
}
