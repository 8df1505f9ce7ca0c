import { messageOf, type StreamjobError } from '../../base/errors.ts';
import type { SinkContext, SinkDriver } from '../../component/sink.ts';
import { openClient } from '../../kafka/client.ts';
import { mayHeal } from '../../kafka/errors.ts';
import { type Connection, connectionOf } from '../../kafka/settings.ts';
import type { KafkaSinkConfig } from './types.ts';

/** Looks at the start whether there is somebody to send to; what may heal is said, and waited for by the tasks. */
export function openDriver(config: KafkaSinkConfig, { sink, log }: SinkContext): SinkDriver {
  const { topic } = config;
  const connection = connectionOf(config);
  return {
    async start() {
      try {
        const there = await topicIsThere(connection, topic);
        if (!there) log('warn', `sink ${sink}: the topic ${topic} is not there yet`);
      } catch (error) {
        if (!mayHeal(error)) throw error;
        const { remedy } = error as StreamjobError;
        log('warn', `sink ${sink}: ${messageOf(error)} ${remedy ?? ''} It is tried again with the first batch.`);
      }
    },
    async commit() {},
  };
}

async function topicIsThere(connection: Connection, topic: KafkaSinkConfig['topic']): Promise<boolean> {
  const client = await openClient(connection);
  try {
    const topics = await client.partitions(typeof topic === 'string' ? [topic] : undefined);
    return typeof topic !== 'string' || topics.has(topic);
  } finally {
    await client.close();
  }
}
