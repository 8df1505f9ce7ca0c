import { defineOperator } from '../component/operator.ts';
import { s } from '../component/settings.ts';

export default defineOperator({
  summary: 'Spreads the records evenly over a number of partitions.',
  group: 'per batch',
  takes: 'records',
  config: s.object({
    partitions: s.integer({ description: 'Number of partitions of the result.', minimum: 1, maximum: 10_000 }),
  }),
  short: 'partitions',
  examples: [
    {
      title: 'The same records, in four partitions',
      yaml: 'repartition: 4',
      given: [[1, 2, 3], []],
      expect: [[1, 2, 3], []],
    },
  ],
  build: (plan, input, settings) => plan.repartition({ input, ...settings }),
});
