import { defineOperator } from '../component/operator.ts';
import { s } from '../component/settings.ts';

export default defineOperator({
  summary: 'Changes the value of each pair and leaves its key.',
  group: 'per record',
  takes: 'pairs',
  config: s.object({ fn: s.fn('value => result', { description: 'Gives the new value.' }) }),
  short: 'fn',
  examples: [
    {
      title: 'Every price doubled',
      yaml: 'mapValues: price => price * 2',
      given: [
        [
          ['tea', 2],
          ['milk', 1],
        ],
        [],
      ],
      expect: [
        [
          ['tea', 4],
          ['milk', 2],
        ],
        [],
      ],
      ordered: true,
    },
  ],
  build: (plan, input, { fn }) => plan.narrow({ input, op: 'map', on: 'value', fn }),
});
