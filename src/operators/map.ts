import { defineOperator } from '../component/operator.ts';
import { s } from '../component/settings.ts';

export default defineOperator({
  summary: 'Turns each record into one other, also into null or undefined.',
  group: 'per record',
  takes: 'records',
  config: s.object({ fn: s.fn('record => result', { description: 'Gives the new record.' }) }),
  short: 'fn',
  examples: [
    {
      title: 'Words with a one, to be counted by key',
      yaml: 'map: word => [word, 1]',
      given: [['to', 'be'], []],
      expect: [
        [
          ['to', 1],
          ['be', 1],
        ],
        [],
      ],
      ordered: true,
    },
  ],
  build: (plan, input, { fn }) => plan.narrow({ input, op: 'map', on: 'record', fn }),
});
