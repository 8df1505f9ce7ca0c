import type { Place } from '../base/errors.ts';
import { type PlanNode, stepName } from './plan.ts';
import type { Pipe, Stage } from './stages.ts';

const shown = 4;

/** The steps whose work a stage does, for messages: `words, step 1 (flatMap) > words, step 2 (countByValue)`. */
export function stageName(stage: Stage): string {
  const names = [...new Set(nodesOf(stage).map(({ origin }) => stepName(origin)))];
  const more = names.length > shown ? ` > ${names.length - shown} more` : '';
  return `${names.slice(0, shown).join(' > ')}${more}`;
}

/** Where the first step of the stage stands that has a function. */
export const stagePlace = (stage: Stage): Place | undefined =>
  (nodesOf(stage).find(({ kind }) => kind !== 'source' && kind !== 'union') ?? stage.root).origin.at;

/** What comes from a source is named by the steps behind it, if there are any. */
function nodesOf({ root, pipe }: Stage): readonly PlanNode[] {
  const behind = pipe.out.flatMap(nodesIn).filter((node) => node.kind !== 'union');
  const steps = behind.filter((node) => node.kind !== 'sink');
  if (root.kind !== 'source') return [root, ...steps];
  return steps.length > 0 ? steps : [root, ...behind];
}

const nodesIn = (pipe: Pipe): readonly PlanNode[] => [pipe.node, ...pipe.out.flatMap(nodesIn)];
