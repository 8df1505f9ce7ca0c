import { formatDuration } from '../base/duration.ts';
import { StreamjobError } from '../base/errors.ts';
import { type Keeper, keepersOf } from '../plan/kept.ts';
import type { Plan } from '../plan/plan.ts';
import { type Meta, sourcesOf } from './meta.ts';
import type { Pieces } from './pieces.ts';

/** Something about a job that its checkpoint does not go with. */
interface Difference {
  /** Continues "The checkpoint …". */
  readonly what: string;
  readonly remedy: string;
}

/**
 * Throws StreamjobError `checkpoint-foreign`, with all that is different, if the checkpoint cannot be gone on with by this plan. `pieces` are
 * what it holds of windows and states: steps of which it has none fit always.
 */
export function requireFit(directory: string, { meta, pieces }: { meta: Meta; pieces: Pieces }, plan: Plan): void {
  const different =
    meta.job === plan.name
      ? [
          ...intervalDifference(meta, plan),
          ...sourceDifferences(meta.plan, plan),
          ...keeperDifferences(directory, { before: meta.plan, pieces }, plan),
        ]
      : [jobDifference(meta, plan)];
  if (different.length === 0) return;
  const what = different.map((difference) => difference.what).join('; it ');
  const remedies = [...new Set(different.map(({ remedy }) => remedy))];
  throw new StreamjobError('checkpoint-foreign', `The checkpoint ${directory} ${what}.`, {
    remedy: remedies.join('\n'),
  });
}

const anew = 'or begin anew with --fresh: then it is read and computed from the beginning';

const jobDifference = (meta: Meta, plan: Plan): Difference => ({
  what: `is of the job ${meta.job}, and this is ${plan.name}`,
  remedy: `Give each job a directory of its own; if the job was only renamed, set \`name: ${meta.job}\`.`,
});

function intervalDifference(meta: Meta, plan: Plan): Difference[] {
  if (meta.batchInterval === plan.batchInterval) return [];
  const [before, now] = [meta.batchInterval, plan.batchInterval].map(formatDuration);
  const what = `has the batch interval ${before}, and the job has ${now}`;
  return [{ what, remedy: `Set batchInterval: ${before}, ${anew}.` }];
}

/** A source that the job no longer has may go. */
function sourceDifferences(before: Plan, plan: Plan): Difference[] {
  const now = new Map(sourcesOf(plan).map(({ origin }) => [origin.name, origin.component]));
  return sourcesOf(before).flatMap(({ origin: { name, component } }) => {
    const other = now.get(name) ?? component;
    if (other === component) return [];
    const what = `knows the source ${name} as \`${component}\`, and the job has \`${other}\``;
    return [{ what, remedy: `Give the new source another name, ${anew}.` }];
  });
}

/** What windows and states hold is known by the id of its step. Length, partitions, timeout and functions may change. */
function keeperDifferences(
  directory: string,
  { before, pieces }: { before: Plan; pieces: Pieces },
  plan: Plan,
): Difference[] {
  const now = new Map(keepersOf(plan).map((keeper) => [keeper.id, keeper]));
  const held = keepersOf(before).filter(({ id }) => pieces.byKeeper.has(id));
  return held.flatMap((keeper): Difference[] => {
    const { id } = keeper;
    const other = now.get(id);
    const reset = `forget it with \`streamjob checkpoint reset ${directory} --state ${id}\``;
    if (!other) return [{ what: goneText(keeper), remedy: `Bring the step back${movedText(keeper)}, or ${reset}.` }];
    if (slidesWithBatches(keeper, before) && slidesWithBatches(other, plan) && sameStep(keeper, other)) return [];
    const what = changeText(keeper, other);
    if (what === undefined) return [];
    return [{ what, remedy: `Change it back${movedText(keeper, other)}, ${reset}, ${anew}.` }];
  });
}

/** Another step may have taken the number of the one that a state belongs to; or its stream was renamed. */
function movedText({ id, kind }: Keeper, now?: Keeper): string {
  if (kind !== 'state' || (now && now.kind !== 'state')) return '';
  return ` (or, if the step has only moved, give it \`id: ${id}\`${now ? ', and the one in its place an `id` of its own' : ''})`;
}

const goneText = ({ id, node }: Keeper): string =>
  `keeps ${id} of \`${node.origin.component}\`, and the job has no such step any more`;

/** Then its slide is another one only because the batch interval is, which is told once. */
const slidesWithBatches = ({ slide }: Keeper, { batchInterval }: Plan): boolean => slide === batchInterval;

const sameStep = (before: Keeper, now: Keeper): boolean =>
  before.node.origin.component === now.node.origin.component && before.kind === now.kind;

/** Undefined if the newer one can go on with what the older one has left. */
function changeText(before: Keeper, now: Keeper): string | undefined {
  const [was, is] = [before, now].map(({ node }) => node.origin.component);
  if (!sameStep(before, now)) return `keeps ${before.id} of \`${was}\`, and the job has \`${is}\` there`;
  if (before.slide === now.slide) return undefined;
  const [slide, other] = [before, now].map((keeper) => formatDuration(keeper.slide));
  return `keeps ${before.id} of \`${was}\` with the slide ${slide}, and the job has ${other}`;
}
