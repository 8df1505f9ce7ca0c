import { partitions } from '../component/keyed.ts';
import { defineOperator } from '../component/operator.ts';
import { s } from '../component/settings.ts';
import { initialOf, stateSettings } from '../component/stateful.ts';

export default defineOperator({
  summary:
    "Keeps a state for each key and calls a function once for each record. What it returns is given, unless undefined. It changes the state through Spark's State object: `exists() get() getOption() update(state) remove() isTimingOut()`. A function that throws leaves its key as it was.",
  group: 'state',
  takes: 'pairs',
  config: s.object({
    update: s.fn('(key, value, state, time) => record', {
      description:
        'Gets the state as the record before left it, and the batch time in milliseconds. When the key times out, `value` is null.',
    }),
    timeout: s.duration({
      optional: true,
      minimum: 1,
      description:
        'A key without records for longer than this is dropped, in the first batch after; the function is called for it once more, with `state.isTimingOut()` true.',
    }),
    ...stateSettings,
    emit: s.choice(['mapped', 'snapshot'], {
      default: 'mapped',
      description:
        'What is given: `mapped`, what the function returns; or `snapshot`, the pairs [key, state] of all keys after each batch.',
    }),
    partitions,
  }),
  short: 'update',
  examples: [
    {
      title: 'Numbering the visits of each user',
      yaml: `mapWithState: |
  (user, page, visits) => {
    visits.update((visits.getOption() ?? 0) + 1);
    return [user, page, visits.get()];
  }`,
      given: [
        [
          ['ann', '/'],
          ['ann', '/a'],
        ],
        [],
        [['ann', '/b']],
      ],
      expect: [
        [
          ['ann', '/', 1],
          ['ann', '/a', 2],
        ],
        [],
        [['ann', '/b', 3]],
      ],
    },
    {
      title: 'Sessions that end after two idle seconds, with a batch every second',
      yaml: `mapWithState:
  timeout: 2s
  update: |
    (user, page, pages) => {
      if (pages.isTimingOut()) return [user, pages.get()];
      pages.update([...(pages.getOption() ?? []), page]);
    }`,
      given: [[['ann', '/']], [['ann', '/a']], [], [], []],
      expect: [[], [], [], [], [['ann', ['/', '/a']]]],
    },
  ],
  needsCheckpoint: () => true,
  build: (plan, input, { update, timeout, id, initial, emit, partitions }) =>
    plan.state({
      input,
      op: 'mapWithState',
      fn: update,
      emit,
      ...(timeout !== undefined && { timeout }),
      ...initialOf(initial),
      ...(id !== undefined && { stateId: id }),
      ...(partitions !== undefined && { partitions }),
    }),
});
