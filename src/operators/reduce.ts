import { defineOperator } from '../component/operator.ts';
import { s } from '../component/settings.ts';

export default defineOperator({
  summary: 'Joins all records of the batch into one; an empty batch gives nothing, a single record is given as it is.',
  group: 'per batch',
  takes: 'records',
  config: s.object({
    reduce: s.fn('(a, b) => record', { description: 'Joins two records; how they are grouped must not matter.' }),
  }),
  short: 'reduce',
  examples: [
    {
      title: 'The sum of a batch',
      yaml: 'reduce: (a, b) => a + b',
      given: [[1, 2, 3], [], [4]],
      expect: [[6], [], [4]],
      ordered: true,
    },
  ],
  build: (plan, input, { reduce }) => plan.fold({ input, key: 'none', mergeValue: reduce, mergeCombiners: reduce }),
});
