import type { PlanBuilder } from '../plan/builder.ts';
import type { Edge, Span } from '../plan/plan.ts';
import { s } from './settings.ts';

/** Settings that all steps over windows have in common. */
export const windowSettings = {
  length: s.duration({
    minimum: 1,
    description:
      'How much time a window covers: the batches in (t - length, t]. A multiple of the slide of the stream before.',
  }),
  slide: s.duration({
    optional: true,
    minimum: 1,
    description:
      'Every how much time there is a window, counted from the first batch of the job. A multiple of the slide of the stream before, which is the default.',
  }),
};

/** `inverse` as in Spark. */
export const inverse = s.fn('(value, leaving) => value', {
  optional: true,
  description:
    'Takes away what leaves the window, as in Spark. It is accepted and not called: no slide adds up the whole window anyway.',
});

/** Spark keeps windows with an inverse from one window to the next, and asks for a checkpoint. */
export const needsCheckpointIfInverse = (config: { readonly inverse?: unknown }): boolean =>
  config.inverse !== undefined;

/** The window that settings ask for, behind `input`. */
export const spanOf = (
  plan: PlanBuilder,
  input: Edge,
  { length, slide }: { readonly length: number; readonly slide?: number },
): Span => ({ length, slide: slide ?? plan.slideOf(input) });
