import type { OutgoingBatch } from '../../kafka/records/outgoing.ts';
import type { Backlog } from './backlog.ts';
import type { BatchMaker } from './batches.ts';
import { deliver, typeOf } from './delivery.ts';
import { type Link, withLink } from './link.ts';
import type { Sending } from './types.ts';
import { sendInOrder } from './window.ts';

/** Sends everything, at least once: what a failed or killed task has sent before is not taken back. */
export const send = (backlog: Backlog, sending: Sending): Promise<void> =>
  withLink(sending, async (link) => {
    const maker = await link.batchMaker(backlog.topics, sending);
    await sendInOrder(batches(backlog, maker), {
      send: async (batches) => (await link.producer()).send(batches),
      again: (batches, error) => sendAgain({ batches, error, link, topics: backlog.topics, sending }),
    });
  });

export function* batches(backlog: Backlog, maker: BatchMaker): Generator<readonly OutgoingBatch[]> {
  for (const chunk of backlog.chunks()) yield* maker.batchesOf(chunk);
}

interface Failed {
  readonly batches: readonly OutgoingBatch[];
  /** Undefined if it came behind what has failed. */
  readonly error: unknown;
  readonly link: Link;
  readonly topics: readonly string[];
  readonly sending: Sending;
}

/** As often as it may heal, to the leaders of the moment. */
function sendAgain({ batches, error, link, topics, sending }: Failed): Promise<void> {
  let known = error;
  const attempt = async (): Promise<void> => {
    if (known !== undefined) throw known;
    await link.look(topics, sending);
    await (await link.producer()).send(batches);
  };
  const attemptOnce = () =>
    attempt().catch((thrown) => {
      known = undefined;
      if (lostCount.test(typeOf(thrown))) link.forgetProducer();
      throw thrown;
    });
  return deliver(sending, attemptOnce, lostCount);
}

/** The broker does not know any more which number comes next: it goes on with another producer. */
const lostCount = /^(OUT_OF_ORDER_SEQUENCE_NUMBER|UNKNOWN_PRODUCER_ID|INVALID_PRODUCER_(EPOCH|ID_MAPPING))$|FENCED$/;
