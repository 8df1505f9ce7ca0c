import { StreamjobError } from '../../base/errors.ts';
import { failpoint } from '../../base/failpoint.ts';
import type { SinkTask } from '../../component/sink.ts';
import type { KafkaProducer } from '../../kafka/producer.ts';
import type { Backlog } from './backlog.ts';
import type { BatchMaker } from './batches.ts';
import { deliver } from './delivery.ts';
import { type Link, withLink } from './link.ts';
import { type Mark, markOf, readMark } from './mark.ts';
import { batches } from './sending.ts';
import type { Sending } from './types.ts';
import { sendInOrder } from './window.ts';

/**
 * Sends everything in one transaction, which also commits the time of the batch as an offset of a group of its own: where that is
 * there, the batch has been sent. Whatever fails, all of it is done anew. The engine runs a batch again with the partitions that were
 * planned, so names that have the partition’s number are names of the same messages.
 */
export const sendOnce = (backlog: Backlog, sending: Sending): Promise<void> =>
  deliver(sending, () => withLink(sending, (link) => tryOnce(link, backlog, sending)), begunAnew);

/**
 * The transaction before has not ended everywhere, or this one has been ended by the broker, because it took too long, or by a producer of
 * the same name. Which of two runs may go on is said by the mark. Or the broker has lost count of what it has got.
 */
const begunAnew =
  /^CONCURRENT_TRANSACTIONS$|^INVALID_(PRODUCER_EPOCH|TXN_STATE|PRODUCER_ID_MAPPING)$|FENCED$|^OUT_OF_ORDER_SEQUENCE_NUMBER$|^UNKNOWN_PRODUCER_ID$/;

/**
 * The producer is new each time: its start ends what one of the same name has left open, on whichever thread or machine that was,
 * and only then does the mark tell the truth.
 */
async function tryOnce(link: Link, backlog: Backlog, sending: Sending): Promise<void> {
  const { config, task } = sending;
  const group = groupOf(sending);
  const timeout = Math.min(longestTransaction, config.brokerTimeout + 60_000);
  const producer = await link.client.producer({ transactionalId: group, timeout });
  const mark = await readMark(group, backlog, link.client);
  if (mark && mark.run > task.run) throw fenced(sending, mark);
  if (isSent(task, mark)) return;
  await sendAll(producer, await link.batchMaker(backlog.topics, sending), backlog, sending);
}

/** The mark of a run with another checkpoint is not about this batch, whatever its time. */
const isSent = ({ time, run, again }: SinkTask, mark: Mark | undefined): boolean =>
  mark !== undefined && mark.time >= time && (again || mark.run === run);

/** Brokers allow no more by default (`transaction.max.timeout.ms`). */
const longestTransaction = 900_000;

/** The name of both the producer and the group of its marks: the same at every start of the job. */
export const groupOf = ({ task: { job, sink, partition } }: Sending): string =>
  ['streamjob', job, sink, `${partition}`].map(encodeURIComponent).join('-');

/** Without an abort, readers would wait for the end of a transaction until it has timed out. */
async function sendAll(producer: KafkaProducer, maker: BatchMaker, backlog: Backlog, sending: Sending): Promise<void> {
  try {
    failpoint('kafka.sending');
    await sendInOrder(batches(backlog, maker), {
      send: (some) => producer.send(some),
      again: (_, error) => Promise.reject(error),
    });
    await producer.commitOffset(groupOf(sending), markOf(backlog, sending));
    failpoint('kafka.sent');
  } catch (error) {
    await producer.end('abort').catch(() => undefined);
    throw error;
  }
  await producer.end('commit');
  failpoint('kafka.committed');
}

const fenced = ({ task: { sink, partition } }: Sending, { run }: Mark): StreamjobError =>
  new StreamjobError(
    'not-delivered',
    `The sink ${sink}: another run of this job, started ${new Date(run).toISOString()}, has taken over its transactions (partition ${partition}).`,
    { remedy: 'Only the newest run of a job goes on. Jobs that share brokers need different names.' },
  );
