import { formatDuration } from '../base/duration.ts';
import { type Edge, edgeSlide, inputsOf, type Plan, type PlanNode, type Span, slidesOf, stepName } from './plan.ts';

/** A window or a junction of streams that can have no meaning. */
export interface SlideProblem {
  readonly node: PlanNode;
  /** What is wrong with a window; absent if streams do not fit together. */
  readonly setting?: 'length' | 'slide';
  readonly message: string;
  readonly remedy: string;
}

/**
 * What is wrong with the slides of a plan: lengths and slides of windows must be multiples of the slide of the stream before, and
 * streams that are put together must have the same. Streams are not compared as long as a window is wrong.
 */
export function slideProblems(plan: Plan): readonly SlideProblem[] {
  const slides = slidesOf(plan);
  const slideOf: SlideOf = (edge) => edgeSlide(edge, plan.nodes, slides);
  const windows = plan.nodes.flatMap((node) => windowProblems(node, slideOf));
  return windows.length > 0 ? windows : plan.nodes.flatMap((node) => junctionProblems(node, slideOf));
}

type SlideOf = (edge: Edge) => number;

function windowProblems(node: PlanNode, slideOf: SlideOf): SlideProblem[] {
  const span: Span | undefined = node.kind === 'window' ? node : node.kind === 'fold' ? node.window : undefined;
  if (!span) return [];
  const parent = slideOf(inputsOf(node)[0]!);
  return (['length', 'slide'] as const)
    .filter((setting) => span[setting] % parent !== 0)
    .map((setting) => {
      const [came, wanted] = [span[setting], parent].map(formatDuration);
      const message = `The ${setting} ${came} of \`${node.origin.component}\` is no multiple of ${wanted}, the slide of the stream before it.`;
      const next = formatDuration(Math.ceil(span[setting] / parent) * parent);
      return { node, setting, message, remedy: `Write a multiple of ${wanted}, such as ${next}.` };
    });
}

/** What failed in several steps may come at different times. */
function junctionProblems(node: PlanNode, slideOf: SlideOf): SlideProblem[] {
  const different = [...new Set(inputsOf(node).map(slideOf))].map(formatDuration);
  if (different.length < 2 || node.origin.component === 'onError') return [];
  const message = `${stepName(node.origin)} puts streams together that come every ${different.join(' and every ')}.`;
  return [{ node, message, remedy: 'Give them the same slide, with a `window` on the one that comes more often.' }];
}
