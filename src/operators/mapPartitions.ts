import { defineOperator } from '../component/operator.ts';
import { s } from '../component/settings.ts';

export default defineOperator({
  summary:
    'Turns the list of all records of a partition into any number of others. Also called for an empty partition.',
  group: 'per record',
  takes: 'records',
  config: s.object({
    fn: s.fn('records => iterable', {
      description: 'Gets a list of records, gives a list, or anything that can be iterated, of new ones.',
    }),
  }),
  short: 'fn',
  examples: [
    {
      title: 'The sum of each partition',
      yaml: 'mapPartitions: numbers => [numbers.reduce((a, b) => a + b, 0)]',
      given: [[1, 2, 3], [4]],
      expect: [[6], [4]],
    },
  ],
  build: (plan, input, { fn }) => plan.narrow({ input, op: 'mapPartitions', on: 'record', fn }),
});
