import type { Kafka, Producer, Transaction } from 'kafkajs';
import { StreamjobError } from '../../base/errors.ts';
import { failpoint } from '../../base/failpoint.ts';
import type { SinkTask } from '../../component/sink.ts';
import { openKafka } from '../../kafka/kafkajs/public.ts';
import type { Backlog } from './backlog.ts';
import { type Mark, markOf, readMark } from './mark.ts';
import { batchOf, deliver, openProducer, type Sending } from './producer.ts';

/**
 * Sends everything in one transaction, which also commits the time of the batch as an offset of a group of its own: where that is
 * there, the batch has been sent. Whatever fails, all of it is done anew. The engine runs a batch again with the partitions that were
 * planned, so names that have the partition’s number are names of the same messages.
 */
export async function sendOnce(backlog: Backlog, sending: Sending): Promise<void> {
  const kafka = await openKafka(sending.connection);
  await deliver(sending, () => tryOnce(kafka, backlog, sending), begunAnew);
}

/**
 * The transaction before has not ended everywhere, or this one has been ended by the broker, because it took too long, or by a producer of
 * the same name. Which of two runs may go on is said by the mark.
 */
const begunAnew = /^CONCURRENT_TRANSACTIONS$|^INVALID_(PRODUCER_EPOCH|TXN_STATE|PRODUCER_ID_MAPPING)$|FENCED$/;

/**
 * The producer is new each time: its start ends what one of the same name has left open, on whichever thread or machine that was,
 * and only then does the mark tell the truth.
 */
async function tryOnce(kafka: Kafka, backlog: Backlog, sending: Sending): Promise<void> {
  const { config, task } = sending;
  const transactionTimeout = Math.min(longestTransaction, config.brokerTimeout + 60_000);
  const producer = await openProducer(kafka, { transactionalId: groupOf(sending), transactionTimeout });
  try {
    await producer.connect();
    const transaction = await producer.transaction();
    const mark = await readMark(groupOf(sending), backlog, sending);
    if (mark && mark.run > task.run) throw fenced(sending, mark);
    if (!isSent(task, mark)) await sendAll(transaction, backlog, sending);
  } finally {
    await close(producer);
  }
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
async function sendAll(transaction: Transaction, backlog: Backlog, sending: Sending): Promise<void> {
  try {
    failpoint('kafka.sending');
    for (const chunk of backlog.chunks()) await transaction.sendBatch(batchOf(chunk, sending.config));
    await transaction.sendOffsets({ consumerGroupId: groupOf(sending), topics: [markOf(backlog, sending)] });
    failpoint('kafka.sent');
    await transaction.commit();
    failpoint('kafka.committed');
  } catch (error) {
    if (transaction.isActive()) await transaction.abort().catch(() => undefined);
    throw error;
  }
}

const close = (producer: Producer): Promise<void> => producer.disconnect().catch(() => undefined);

const fenced = ({ task: { sink, partition } }: Sending, { run }: Mark): StreamjobError =>
  new StreamjobError(
    'not-delivered',
    `The sink ${sink}: another run of this job, started ${new Date(run).toISOString()}, has taken over its transactions (partition ${partition}).`,
    { remedy: 'Only the newest run of a job goes on. Jobs that share brokers need different names.' },
  );
