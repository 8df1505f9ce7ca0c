import type { Producer } from 'kafkajs';
import { openKafka } from '../../kafka/kafkajs/public.ts';
import type { Backlog } from './backlog.ts';
import { batchOf, deliver, openProducer, type Sending } from './producer.ts';
import type { Message } from './types.ts';

/** Producers of this thread that nobody uses, by the settings of their connection. */
const idle = new Map<string, Producer[]>();

/** Sends everything, at least once: what a failed or killed task has sent before is not taken back. */
export async function send(backlog: Backlog, sending: Sending): Promise<void> {
  const key = JSON.stringify(sending.connection);
  const producer = idle.get(key)?.pop() ?? (await connect(sending));
  try {
    for (const chunk of backlog.chunks()) await sendChunk(producer, chunk, sending);
  } catch (error) {
    await producer.disconnect().catch(() => undefined);
    throw error;
  }
  idle.set(key, [...(idle.get(key) ?? []), producer]);
}

async function connect(sending: Sending): Promise<Producer> {
  const producer = await openProducer(await openKafka(sending.connection));
  await deliver(sending, () => producer.connect());
  return producer;
}

async function sendChunk(producer: Producer, chunk: readonly Message[], sending: Sending): Promise<void> {
  const batch = batchOf(chunk, sending.config);
  await deliver(sending, () => producer.sendBatch(batch));
}
