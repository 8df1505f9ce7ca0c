import { defineOperator } from '../component/operator.ts';
import { s } from '../component/settings.ts';

export default defineOperator({
  summary: 'Makes each record the value of a pair [key, record].',
  group: 'per record',
  takes: 'records',
  config: s.object({ fn: s.fn('record => key', { description: 'Gives the key.' }) }),
  short: 'fn',
  examples: [
    {
      title: 'Words by length',
      yaml: 'keyBy: word => word.length',
      given: [['to', 'not', 'be'], []],
      expect: [
        [
          [2, 'to'],
          [3, 'not'],
          [2, 'be'],
        ],
        [],
      ],
      ordered: true,
    },
  ],
  build: (plan, input, { fn }) => plan.narrow({ input, op: 'map', on: 'key', fn }),
});
