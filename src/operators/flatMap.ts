import { defineOperator } from '../component/operator.ts';
import { s } from '../component/settings.ts';

export default defineOperator({
  summary: 'Turns each record into any number of others.',
  group: 'per record',
  takes: 'records',
  config: s.object({
    fn: s.fn('record => iterable', { description: 'Gives a list, or anything that can be iterated, of new records.' }),
  }),
  short: 'fn',
  examples: [
    {
      title: 'Lines into words',
      yaml: 'flatMap: line => line.split(" ")',
      given: [['to be or', 'not to be'], []],
      expect: [['to', 'be', 'or', 'not', 'to', 'be'], []],
      ordered: true,
    },
  ],
  build: (plan, input, { fn }) => plan.narrow({ input, op: 'flatMap', on: 'record', fn }),
});
