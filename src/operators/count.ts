import { defineOperator } from '../component/operator.ts';
import { s } from '../component/settings.ts';
import { counting } from '../plan/counting.ts';

export default defineOperator({
  summary: 'Gives the number of records of the batch, one number for every batch: 0 for an empty one.',
  group: 'per batch',
  takes: 'records',
  config: s.object({}),
  examples: [
    {
      title: 'How many lines came',
      yaml: 'count',
      given: [['a', 'b', 'a'], []],
      expect: [[3], [0]],
      ordered: true,
    },
  ],
  build: (plan, input) =>
    plan.fold({
      input,
      key: 'none',
      ...counting,
      zero: 0,
    }),
});
