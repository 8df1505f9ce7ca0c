import { defineOperator } from '../component/operator.ts';
import { s } from '../component/settings.ts';
import { builtin } from '../function/reference.ts';

export default defineOperator({
  summary: 'Gathers the records of each partition in one list; an empty partition gives an empty list.',
  group: 'per record',
  takes: 'records',
  config: s.object({}),
  examples: [
    {
      title: 'What lies in one partition',
      yaml: 'glom: {}',
      given: [[1, 2, 3], [4]],
      expect: [[[1, 2, 3]], [[4]]],
      ordered: true,
    },
  ],
  build: (plan, input) =>
    plan.narrow({ input, op: 'mapPartitions', on: 'record', fn: builtin('(records) => [[...records]]') }),
});
