import { defineOperator } from '../component/operator.ts';
import { s } from '../component/settings.ts';

export default defineOperator({
  summary: 'Turns the value of each pair into any number of values, each in a pair with the same key.',
  group: 'per record',
  takes: 'pairs',
  config: s.object({
    fn: s.fn('value => iterable', { description: 'Gives a list, or anything that can be iterated, of new values.' }),
  }),
  short: 'fn',
  examples: [
    {
      title: 'A pair per tag',
      yaml: 'flatMapValues: tags => tags.split(",")',
      given: [
        [
          ['post-1', 'news,sport'],
          ['post-2', 'news'],
        ],
        [],
      ],
      expect: [
        [
          ['post-1', 'news'],
          ['post-1', 'sport'],
          ['post-2', 'news'],
        ],
        [],
      ],
      ordered: true,
    },
  ],
  build: (plan, input, { fn }) => plan.narrow({ input, op: 'flatMap', on: 'value', fn }),
});
