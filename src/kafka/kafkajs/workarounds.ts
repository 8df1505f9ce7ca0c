import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { ISocketFactory, logCreator } from 'kafkajs';
import { crc32c } from '../records/crc32c.ts';
import { encodeRecord, type RecordFields } from '../records/encode.ts';
import type { RequestQueueClass } from './internals.ts';

/**
 * What has to be known about kafkajs 2.2.4, which nobody maintains, in one place. Besides this: the client uses none of its
 * consumer groups, because rebalances may stall for good (tulios/kafkajs#1720) and a batch must read exact ranges; and it
 * does without its broker pool, whose retries hide for half a minute which address does not answer.
 */
export function mendRequestQueue({ prototype }: RequestQueueClass): void {
  const schedule = prototype.scheduleCheckPendingRequests;
  /**
   * After each response it looks once more for requests that wait, with a negative delay, and so again every millisecond for
   * ever: an idle connection costs several percent of a core (tulios/kafkajs#1556). There is nothing to look for if none waits.
   */
  prototype.scheduleCheckPendingRequests = function mended() {
    if (this.pending.length > 0) schedule.call(this);
  };
  /**
   * Looks ten times a second for requests that have timed out, on every connection, and its timer keeps the process from
   * ending.
   */
  prototype.scheduleRequestTimeoutCheck = function mended() {
    clearInterval(this.requestTimeoutIntervalId);
    this.requestTimeoutIntervalId = setInterval(
      () => expire(this),
      Math.min(this.requestTimeout, timeoutCheckInterval),
    ).unref();
  };
}

const timeoutCheckInterval = 500;

function expire(queue: RequestQueueClass['prototype']): void {
  const now = Date.now();
  for (const request of queue.inflight.values())
    if (now - request.sentAt > request.requestTimeout) request.timeoutRequest();
  if (!queue.isConnected()) clearInterval(queue.requestTimeoutIntervalId);
}

/**
 * Modules that are exchanged before kafkajs loads them, because they take most of a producer’s time: it makes a dozen buffers for a record,
 * one of them of half a kilobyte, and copies the list of a partition’s messages for each message that is added. What they return is
 * the same.
 */
export const fasterModules = {
  'kafkajs/src/protocol/recordBatch/record/v0': (fields: RecordFields) => {
    const buffer = encodeRecord(fields);
    return { buf: buffer, buffer };
  },
  'kafkajs/src/protocol/recordBatch/crc32C': (bytes: Buffer) => crc32c(bytes, 0, bytes.length),
  'kafkajs/src/producer/groupMessagesPerPartition': groupByPartition,
};

interface Grouping<M> {
  readonly topic: string;
  readonly partitionMetadata: readonly unknown[];
  readonly messages: readonly M[];
  readonly partitioner: (one: { topic: string; partitionMetadata: readonly unknown[]; message: M }) => number;
}

function groupByPartition<M>({ topic, partitionMetadata, messages, partitioner }: Grouping<M>): Record<number, M[]> {
  const groups: Record<number, M[]> = {};
  if (partitionMetadata.length === 0) return groups;
  for (const message of messages) {
    const partition = partitioner({ topic, partitionMetadata, message });
    groups[partition] ??= [];
    groups[partition].push(message);
  }
  return groups;
}

/**
 * Its own sockets keep a process or thread alive as long as they are open, and nobody tells the part of a source that runs in
 * tasks to close them.
 */
export const unreferencedSockets: ISocketFactory = ({ host, port, ssl, onConnect }) => {
  const named = /^[\d.]+$|:/.test(host) ? {} : { servername: host };
  const socket = ssl ? connectTls({ host, port, ...named, ...ssl }, onConnect) : connect({ host, port }, onConnect);
  socket.setKeepAlive(true, 60_000);
  socket.setNoDelay(true);
  return socket.unref();
};

/** It writes to the console; whoever calls it gets the same as an error, and says it once. */
export const silent: logCreator = () => () => {};
