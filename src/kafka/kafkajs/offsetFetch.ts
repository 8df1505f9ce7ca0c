import { createRequire } from 'node:module';
import type { CommittedOffset, TopicPartition } from '../client.ts';
import type { ResponseDecoder } from './internals.ts';
import { checked } from './responses.ts';

const require = createRequire(import.meta.url);
const Encoder = require('kafkajs/src/protocol/encoder') as new () => Encoder;
const Decoder = require('kafkajs/src/protocol/decoder') as new (payload: Buffer) => Decoder;

/** Each method gives the encoder itself. */
interface Encoder {
  writeInt32(value: number): Encoder;
  writeBoolean(value: boolean): Encoder;
  writeUVarIntString(value: string): Encoder;
  writeUVarIntArray(values: readonly Encoder[]): Encoder;
  writeUVarInt(value: number): Encoder;
}

interface Decoder {
  readInt16(): number;
  readInt32(): number;
  readInt64(): { toString(): string };
  readUVarIntString(): string | null;
  readUVarIntArray<T>(read: (decoder: Decoder) => T): T[] | null;
  readTaggedFields(): unknown;
}

/**
 * What a group has committed for one partition, in version 7, of Kafka 2.5: the first one that can be told not to answer before
 * transactions have ended that have an offset for it (UNSTABLE_OFFSET_COMMIT). kafkajs knows version 4, which answers with what was
 * there before.
 */
export const offsetFetchRequest = (groupId: string, { topic, partition }: TopicPartition): unknown => ({
  apiKey: 9,
  apiVersion: 7,
  apiName: 'OffsetFetch',
  encode: async () => {
    const partitions = [new Encoder().writeInt32(partition)];
    const topics = [new Encoder().writeUVarIntString(topic).writeUVarIntArray(partitions).writeUVarInt(noTags)];
    const header = new Encoder().writeUVarInt(noTags);
    return header.writeUVarIntString(groupId).writeUVarIntArray(topics).writeBoolean(true).writeUVarInt(noTags);
  },
});

const noTags = 0;

interface FetchedOffsets {
  readonly clientSideThrottleTime: number;
  readonly errorCode: number;
  readonly offsets: readonly (CommittedOffset & { readonly errorCode: number })[];
}

export const decodeOffsetFetch: ResponseDecoder<FetchedOffsets> = {
  decode: async (payload) => {
    const decoder = new Decoder(payload);
    decoder.readTaggedFields();
    const clientSideThrottleTime = decoder.readInt32();
    const offsets = (decoder.readUVarIntArray(readTopic) ?? []).flat();
    return { clientSideThrottleTime, offsets, errorCode: decoder.readInt16() };
  },
  parse: async (decoded) => decoded,
};

function readTopic(decoder: Decoder): FetchedOffsets['offsets'] {
  decoder.readUVarIntString();
  const offsets = decoder.readUVarIntArray(readPartition) ?? [];
  decoder.readTaggedFields();
  return offsets;
}

function readPartition(decoder: Decoder): FetchedOffsets['offsets'][number] {
  decoder.readInt32();
  const offset = Number(decoder.readInt64().toString());
  decoder.readInt32();
  const metadata = decoder.readUVarIntString() ?? '';
  const errorCode = decoder.readInt16();
  decoder.readTaggedFields();
  return { offset, metadata, errorCode };
}

/** The one answer to such a request; undefined if nothing has been committed. */
export function committedIn({ errorCode, offsets }: FetchedOffsets): CommittedOffset | undefined {
  const [found] = checked(errorCode, offsets);
  if (!found) return undefined;
  const { offset, metadata } = checked(found.errorCode, found);
  return offset < 0 ? undefined : { offset, metadata };
}
