import { partitions } from '../component/keyed.ts';
import { defineOperator } from '../component/operator.ts';
import { s } from '../component/settings.ts';
import { initialOf, stateSettings } from '../component/stateful.ts';

export default defineOperator({
  summary:
    'Keeps a state for each key. For every key with a state or with values in the batch a function is called in each batch, with an empty list if nothing came; all pairs [key, state] are given. A function that throws leaves its key as it was.',
  group: 'state',
  takes: 'pairs',
  config: s.object({
    update: s.fn('(values, state, key, time) => state', {
      description:
        'Gives the new state; null or undefined drops the key. `state` is undefined for a new key, `time` the batch time in milliseconds.',
    }),
    ...stateSettings,
    partitions,
  }),
  short: 'update',
  examples: [
    {
      title: 'Running totals',
      yaml: 'updateStateByKey: (values, state) => values.reduce((a, b) => a + b, state ?? 0)',
      given: [
        [
          ['ann', 3],
          ['bob', 1],
        ],
        [['ann', 2]],
        [],
      ],
      expect: [
        [
          ['ann', 3],
          ['bob', 1],
        ],
        [
          ['ann', 5],
          ['bob', 1],
        ],
        [
          ['ann', 5],
          ['bob', 1],
        ],
      ],
    },
    {
      title: 'Beginning with what is in stock; a long list goes into a file: `initial: { file: stock.json }`',
      yaml: `updateStateByKey:
  update: (changes, stock) => changes.reduce((a, b) => a + b, stock ?? 0)
  initial: [[nails, 500], [screws, 20]]`,
      given: [[['nails', -100]], [['glue', 5]]],
      expect: [
        [
          ['nails', 400],
          ['screws', 20],
        ],
        [
          ['nails', 400],
          ['screws', 20],
          ['glue', 5],
        ],
      ],
    },
  ],
  needsCheckpoint: () => true,
  build: (plan, input, { update, id, initial, partitions }) =>
    plan.state({
      input,
      op: 'updateStateByKey',
      fn: update,
      emit: 'snapshot',
      ...initialOf(initial),
      ...(id !== undefined && { stateId: id }),
      ...(partitions !== undefined && { partitions }),
    }),
});
