import { s } from './settings.ts';

/** Settings that steps with state have in common. */
export const stateSettings = {
  initial: s.list(s.list(s.json({}), {}), {
    optional: true,
    description: 'Pairs [key, state] that are there before the first batch.',
  }),
  id: s.string({
    optional: true,
    advanced: true,
    description: 'Names the state, in place of its stream and its number among the steps with state there.',
  }),
};
