import { defineOperator } from '../component/operator.ts';
import { s } from '../component/settings.ts';

export default defineOperator({
  summary: 'Sorts the records of the batch, into one partition; equal ones keep their order.',
  group: 'per batch',
  takes: 'records',
  config: s.object({
    by: s.fn('record => value', {
      description: 'What to sort by. Default: the record itself.',
      optional: true,
    }),
    ascending: s.boolean({ description: 'Smallest first.', default: true }),
  }),
  short: 'by',
  examples: [
    {
      title: 'By the second field, largest first',
      yaml: "sortBy: { by: '([word, n]) => n', ascending: false }",
      given: [
        [
          ['a', 1],
          ['b', 3],
          ['c', 2],
        ],
        [],
      ],
      expect: [
        [
          ['b', 3],
          ['c', 2],
          ['a', 1],
        ],
        [],
      ],
      ordered: true,
    },
    {
      title: 'Records by their own order',
      yaml: 'sortBy',
      given: [[3, 1, 2]],
      expect: [[1, 2, 3]],
      ordered: true,
    },
  ],
  build: (plan, input, settings) => plan.sort({ input, ...settings }),
});
