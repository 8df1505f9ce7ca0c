import type { OutgoingBatch } from '../records/outgoing.ts';
import { groupBy } from './grouping.ts';

const produceKey = 0;
/** Of Kafka 2.1, the first one that takes zstd. */
const version = 7;
const allReplicas = -1;

interface ProduceOptions {
  readonly transactionalId: string | undefined;
  /** How long the replicas may take, in milliseconds. */
  readonly timeout: number;
  readonly batches: readonly OutgoingBatch[];
}

/**
 * Batches as they are, where kafkajs encodes each of their records. At most one for a partition. `encoding` is called when the
 * request is next to be written to its connection.
 */
export const produceRequest = (options: ProduceOptions, encoding: () => void): unknown => ({
  apiKey: produceKey,
  apiVersion: version,
  apiName: 'Produce',
  encode: async () => {
    encoding();
    const buffer = encodeProduce(options);
    return { buf: buffer, buffer };
  },
});

function encodeProduce({ transactionalId, timeout, batches }: ProduceOptions): Buffer {
  const topics = groupBy(batches, ({ topic }) => topic);
  const parts = [nullableText(transactionalId), int16(allReplicas), int32(timeout), int32(topics.size)];
  for (const [topic, members] of topics) {
    parts.push(nullableText(topic), int32(members.length));
    for (const { partition, bytes } of members) parts.push(int32(partition), int32(bytes.length), bytes);
  }
  return Buffer.concat(parts);
}

function nullableText(text: string | undefined): Buffer {
  if (text === undefined) return int16(-1);
  const bytes = Buffer.from(text);
  return Buffer.concat([int16(bytes.length), bytes]);
}

function int16(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(2);
  bytes.writeInt16BE(value);
  return bytes;
}

function int32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeInt32BE(value);
  return bytes;
}
