import type { TopicOffsets } from 'kafkajs';
import { type KafkaClient, openClient, type TopicPartition } from '../../kafka/client.ts';
import type { Backlog } from './backlog.ts';
import type { Sending } from './producer.ts';

/** That a task of a batch has been sent: the offset is the time of the batch, and what stands beside it is the run. */
export interface Mark {
  readonly time: number;
  readonly run: number;
}

/** A mark as kafkajs commits it. */
export function markOf(backlog: Backlog, { task: { time, run } }: Sending): TopicOffsets {
  const { topic, partition } = placeOf(backlog);
  const mark = { partition, offset: `${time}`, metadata: `${run}` };
  return { topic, partitions: [mark] };
}

/** Offsets are of partitions that are there, so it is one that is sent to: the same if the batch is run again, in whichever order. */
const placeOf = ({ topics }: Backlog): TopicPartition => ({ topic: [...topics].sort()[0]!, partition: 0 });

/** The latest mark in that place. */
export async function readMark(groupId: string, backlog: Backlog, sending: Sending): Promise<Mark | undefined> {
  const found = await clientOf(sending).committed(groupId, placeOf(backlog));
  return found && { time: found.offset, run: Number(found.metadata) };
}

/** Clients of this thread, by the settings of their connection. */
const clients = new Map<string, KafkaClient>();

function clientOf({ connection }: Sending): KafkaClient {
  const key = JSON.stringify(connection);
  const client = clients.get(key) ?? openClient(connection);
  clients.set(key, client);
  return client;
}
