import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { ISocketFactory, logCreator } from 'kafkajs';
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
 * Exchanged before kafkajs loads it: what is sent is copied twice, into buffers that grow and are filled with zeros before. What it
 * returns is the same.
 */
export const fasterModules = { 'kafkajs/src/protocol/request': frame };

interface Framing {
  readonly correlationId: number;
  readonly clientId: string;
  readonly request: {
    readonly apiKey: number;
    readonly apiVersion: number;
    encode(): Promise<{ readonly buffer: Buffer }>;
  };
}

/** A request with its header, and its length before it. */
async function frame({ correlationId, clientId, request }: Framing): Promise<{ buffer: Buffer }> {
  const { buffer: payload } = await request.encode();
  const client = Buffer.from(clientId);
  const header = Buffer.allocUnsafe(14);
  header.writeInt32BE(10 + client.length + payload.length, 0);
  header.writeInt16BE(request.apiKey, 4);
  header.writeInt16BE(request.apiVersion, 6);
  header.writeInt32BE(correlationId, 8);
  header.writeInt16BE(client.length, 12);
  return { buffer: Buffer.concat([header, client, payload]) };
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
