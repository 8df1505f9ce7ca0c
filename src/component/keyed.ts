import { s } from './settings.ts';

/** Settings that several steps have in common. */
export const partitions = s.integer({
  description: 'Number of partitions of the result. Default: one per worker thread, or as the engine has it.',
  optional: true,
  minimum: 1,
  maximum: 10_000,
});

export const otherStream = s.stream({ description: 'The other stream.' });
