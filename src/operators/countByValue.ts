import { partitions } from '../component/keyed.ts';
import { defineOperator } from '../component/operator.ts';
import { s } from '../component/settings.ts';
import { counting } from '../plan/counting.ts';

export default defineOperator({
  summary: 'Counts how often each record occurs in the batch and gives pairs [record, count].',
  group: 'per batch',
  takes: 'records',
  config: s.object({ partitions }),
  examples: [
    {
      title: 'Words of a batch',
      yaml: 'countByValue',
      given: [['to', 'be', 'to'], []],
      expect: [
        [
          ['to', 2],
          ['be', 1],
        ],
        [],
      ],
    },
  ],
  build: (plan, input, settings) =>
    plan.fold({
      input,
      key: 'record',
      ...counting,
      ...settings,
    }),
});
