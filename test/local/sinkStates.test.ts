import { expect, test } from 'vitest';
import { SinkStates } from '#src/local/driver/sinkStates.ts';

const withTold = () => {
  const told: string[] = [];
  const states = new SinkStates((sink, state, message) => told.push(`${sink} ${state} ${message}`));
  const say = (attempt: string, why?: string) =>
    states.hear({ type: 'sinkWaits', sink: 3, attempt, ...(why !== undefined && { why }) });
  return { told, states, say };
};

const begins = '3 waiting nobody answers';
const ends = '3 active what it sends is taken again';

test('a sink waits from its first task that does to its last one', () => {
  const { told, say } = withTold();
  say('a', 'nobody answers');
  say('b', 'nobody answers at all');
  say('a');
  expect(told).toEqual([begins]);
  say('b');
  expect(told).toEqual([begins, ends]);
  say('c');
  expect(told).toEqual([begins, ends]);
});

test('the waiting of a task whose thread has died is over with its batch', async () => {
  const { told, states, say } = withTold();
  say('dies', 'nobody answers');
  await states.during(Promise.resolve());
  expect(told).toEqual([begins, ends]);
});

test('after a batch that failed, a sink waits until something is taken', async () => {
  const { told, states, say } = withTold();
  say('fails', 'nobody answers');
  await expect(states.during(Promise.reject(new Error('not delivered')))).rejects.toThrow('not delivered');
  expect(told).toEqual([begins]);
  say('next', 'still nobody');
  say('next');
  expect(told).toEqual([begins, ends]);
});
