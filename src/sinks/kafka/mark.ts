import type { KafkaClient, TopicPartition } from '../../kafka/client.ts';
import type { Backlog } from './backlog.ts';
import type { Sending } from './types.ts';

/** That a task of a batch has been sent: the offset is the time of the batch, and what stands beside it is the run. */
export interface Mark {
  readonly time: number;
  readonly run: number;
}

/** A mark as it is committed. */
export const markOf = (backlog: Backlog, { task: { time, run } }: Sending) => ({
  ...placeOf(backlog),
  offset: time,
  metadata: `${run}`,
});

/** Offsets are of partitions that are there, so it is one that is sent to: the same if the batch is run again, in whichever order. */
const placeOf = ({ topics }: Backlog): TopicPartition => ({ topic: topics.toSorted()[0]!, partition: 0 });

/** The latest mark in that place. */
export async function readMark(groupId: string, backlog: Backlog, client: KafkaClient): Promise<Mark | undefined> {
  const found = await client.committed(groupId, placeOf(backlog));
  return found && { time: found.offset, run: Number(found.metadata) };
}
