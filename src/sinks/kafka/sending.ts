import type { Producer } from 'kafkajs';
import { openKafka } from '../../kafka/kafkajs/public.ts';
import type { Backlog } from './backlog.ts';
import { openProducer, patiently, type Sending, sendChunk } from './producer.ts';

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
  await patiently(sending, () => producer.connect());
  return producer;
}
