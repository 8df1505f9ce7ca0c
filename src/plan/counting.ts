import { builtin } from '../function/reference.ts';

/** How a fold counts. */
export const counting = {
  create: builtin('() => 1'),
  mergeValue: builtin('(count) => count + 1'),
  mergeCombiners: builtin('(a, b) => a + b'),
} as const;
