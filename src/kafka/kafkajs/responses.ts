import { createRequire } from 'node:module';
import type { AbortedTransaction } from '../records/transactions.ts';
import type { ResponseDecoder } from './internals.ts';

/** Error codes of the protocol that are not merely passed on. */
export const codes = {
  unknown: -1,
  none: 0,
  offsetOutOfRange: 1,
  unknownTopic: 3,
  leaderNotAvailable: 5,
  duplicateSequenceNumber: 46,
  operationNotAttempted: 55,
} as const;

const { createErrorFromCode } = createRequire(import.meta.url)('kafkajs/src/protocol/error') as {
  createErrorFromCode(code: number): Error & { readonly retriable: boolean };
};

/** An error that may be over after a while, such as a leader that has just changed. */
export const isPassing = (errorCode: number): boolean =>
  errorCode !== codes.none && createErrorFromCode(errorCode).retriable;

/** Throws kafkajs’s error for a code. */
export function checked<T>(errorCode: number, value: T): T {
  if (errorCode !== codes.none) throw createErrorFromCode(errorCode);
  return value;
}

/** A response of kafkajs without its own check, which fails everything for one topic or partition. */
export const decodeUnchecked = <T>({ decode }: { decode(payload: Buffer): Promise<T> }): ResponseDecoder<T> => ({
  decode,
  parse: async (decoded) => decoded,
});

interface FetchedPartition {
  readonly clientSideThrottleTime: number;
  readonly errorCode: number;
  readonly bytes: Buffer;
  readonly aborted: readonly AbortedTransaction[];
}

/**
 * The response to a fetch of one partition, version 11. The record batches stay bytes, where kafkajs makes an object of each
 * record.
 */
export const decodeFetch: ResponseDecoder<FetchedPartition> = {
  decode: async (payload) => decodePartition(payload),
  parse: async (decoded) => decoded,
};

function decodePartition(payload: Buffer): FetchedPartition {
  const clientSideThrottleTime = payload.readInt32BE(0);
  const failed = payload.readInt16BE(4);
  if (failed !== codes.none || payload.readInt32BE(10) === 0)
    return { clientSideThrottleTime, errorCode: failed, bytes: Buffer.alloc(0), aborted: [] };
  const partition = 14 + 2 + payload.readInt16BE(14) + 4;
  const errorCode = payload.readInt16BE(partition + 4);
  const transactions = partition + 30;
  const count = Math.max(0, payload.readInt32BE(transactions));
  const aborted = Array.from({ length: count }, (_, i) => ({
    producerId: payload.readBigInt64BE(transactions + 4 + 16 * i),
    firstOffset: Number(payload.readBigInt64BE(transactions + 12 + 16 * i)),
  }));
  const records = transactions + 4 + 16 * count + 4;
  const length = Math.max(0, payload.readInt32BE(records));
  return { clientSideThrottleTime, errorCode, bytes: payload.subarray(records + 4, records + 4 + length), aborted };
}
