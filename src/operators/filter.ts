import { defineOperator } from '../component/operator.ts';
import { s } from '../component/settings.ts';

export default defineOperator({
  summary: 'Keeps the records for which a function gives something truthy.',
  group: 'per record',
  takes: 'records',
  config: s.object({ fn: s.fn('record => boolean', { description: 'Says whether the record stays.' }) }),
  short: 'fn',
  examples: [
    {
      title: 'Only errors',
      yaml: 'filter: line => line.startsWith("ERROR")',
      given: [['ERROR disk full', 'INFO started'], ['INFO stopped']],
      expect: [['ERROR disk full'], []],
      ordered: true,
    },
  ],
  build: (plan, input, { fn }) => plan.narrow({ input, op: 'filter', on: 'record', fn }),
});
