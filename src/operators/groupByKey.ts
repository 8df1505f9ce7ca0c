import { partitions } from '../component/keyed.ts';
import { defineOperator } from '../component/operator.ts';
import { s } from '../component/settings.ts';
import { builtin } from '../function/reference.ts';

export default defineOperator({
  summary: 'Gathers the values of each key of the batch in a list and gives pairs [key, values].',
  group: 'per batch',
  takes: 'pairs',
  config: s.object({ partitions }),
  examples: [
    {
      title: 'What each user did',
      yaml: 'groupByKey',
      given: [
        [
          ['ann', 'login'],
          ['bob', 'login'],
          ['ann', 'logout'],
        ],
        [],
      ],
      expect: [
        [
          ['ann', ['login', 'logout']],
          ['bob', ['login']],
        ],
        [],
      ],
    },
  ],
  build: (plan, input, settings) =>
    plan.fold({
      input,
      key: 'pair',
      create: builtin('(value) => [value]'),
      mergeValue: builtin('(values, value) => { values.push(value); return values; }'),
      mergeCombiners: builtin('(values, more) => { for (const value of more) values.push(value); return values; }'),
      ...settings,
    }),
});
