import { nameOf } from '../../kafka/client.ts';
import type { OutgoingBatch } from '../../kafka/records/outgoing.ts';

/** Brokers remember the last five batches of a producer in a partition. */
const mostOnTheWay = 4;

export interface Ways {
  send(batches: readonly OutgoingBatch[]): Promise<void>;
  /** Called for what has failed and what was sent behind it, one after the other, in order; nothing else is on the way then. */
  again(batches: readonly OutgoingBatch[], error: unknown): Promise<void>;
}

interface OnTheWay {
  readonly batches: readonly OutgoingBatch[];
  readonly error: Promise<unknown>;
}

/**
 * Sends all, in order, some at a time. Rejects with what `again` does. The first one for a partition goes alone: only a
 * broker that has taken something of a producer refuses what comes too early.
 */
export async function sendInOrder(all: Iterable<readonly OutgoingBatch[]>, { send, again }: Ways): Promise<void> {
  const onTheWay: OnTheWay[] = [];
  const begun = new Set<string>();
  const untilOnly = async (left: number): Promise<void> => {
    while (onTheWay.length > left) {
      const error = await onTheWay[0]!.error;
      if (error === undefined) {
        onTheWay.shift();
        continue;
      }
      await allAgain(onTheWay, again);
      // A new producer may go on, of which no broker has taken anything.
      begun.clear();
    }
  };
  try {
    for (const batches of all) {
      await untilOnly(mostOnTheWay - 1);
      const isFirst = batches.some((batch) => !begun.has(nameOf(batch)));
      if (isFirst) await untilOnly(0);
      onTheWay.push({ batches, error: send(batches).then(() => undefined, asError) });
      for (const batch of batches) begun.add(nameOf(batch));
      if (isFirst) await untilOnly(0);
    }
    await untilOnly(0);
  } finally {
    await Promise.all(onTheWay.map(({ error }) => error));
  }
}

const asError = (error: unknown): unknown => error ?? new Error('undefined was thrown');

async function allAgain(onTheWay: OnTheWay[], again: Ways['again']): Promise<void> {
  await Promise.all(onTheWay.map(({ error }) => error));
  const [first, ...rest] = onTheWay.splice(0);
  await again(first!.batches, await first!.error);
  for (const { batches } of rest) await again(batches, undefined);
}
