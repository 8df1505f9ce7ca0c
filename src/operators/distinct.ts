import { partitions } from '../component/keyed.ts';
import { defineOperator } from '../component/operator.ts';
import { s } from '../component/settings.ts';
import { builtin } from '../function/reference.ts';

export default defineOperator({
  summary: 'Gives each different record of the batch once.',
  group: 'per batch',
  takes: 'records',
  config: s.object({ partitions }),
  examples: [
    {
      title: 'Who was there',
      yaml: 'distinct',
      given: [['ann', 'bob', 'ann'], [], ['ann']],
      expect: [['ann', 'bob'], [], ['ann']],
    },
  ],
  build: (plan, input, settings) => {
    const nothing = builtin('() => null');
    const pairs = plan.fold({
      input,
      key: 'record',
      create: nothing,
      mergeValue: nothing,
      mergeCombiners: nothing,
      ...settings,
    });
    return plan.narrow({ input: pairs, op: 'map', on: 'record', fn: builtin('([record]) => record') });
  },
});
