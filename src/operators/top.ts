import { defineOperator } from '../component/operator.ts';
import { s } from '../component/settings.ts';

export default defineOperator({
  summary: 'Gives the n largest records of the batch, largest first.',
  group: 'per batch',
  takes: 'records',
  config: s.object({
    n: s.integer({ description: 'How many, at most.', minimum: 1 }),
    by: s.fn('record => value', {
      description: 'What is compared. Default: the record itself.',
      optional: true,
    }),
  }),
  short: 'n',
  examples: [
    {
      title: 'The most frequent words',
      yaml: "top: { n: 2, by: '([word, n]) => n' }",
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
        ],
        [],
      ],
      ordered: true,
    },
    {
      title: 'The largest numbers',
      yaml: 'top: 2',
      given: [[5, 9, 7], [1]],
      expect: [[9, 7], [1]],
      ordered: true,
    },
  ],
  build: (plan, input, { n, ...settings }) => plan.sort({ input, ascending: false, limit: n, ...settings }),
});
