import type { Kafka, SASLOptions } from 'kafkajs';
import { registerCodecs } from '../codecs.ts';
import type { Connection } from '../settings.ts';
import { loadInternals } from './internals.ts';
import { silent, unreferencedSockets } from './workarounds.ts';

/**
 * kafkajs by its public API, for producers and administration: with all codecs, with what had to be mended, and silent. It does
 * not retry by itself: its caller knows what may be tried again, and for how long.
 */
export async function openKafka(connection: Connection): Promise<Kafka> {
  loadInternals();
  const { Kafka, logLevel, CompressionCodecs } = (await import('kafkajs')).default;
  await registerCodecs(CompressionCodecs);
  const { brokers, clientId, connectTimeout, requestTimeout, tls, sasl } = connection;
  return new Kafka({
    brokers: brokers.map(({ host, port }) => `${host}:${port}`),
    clientId,
    connectionTimeout: connectTimeout,
    requestTimeout,
    authenticationTimeout: connectTimeout,
    enforceRequestTimeout: true,
    retry: { retries: 0 },
    logLevel: logLevel.NOTHING,
    logCreator: silent,
    socketFactory: unreferencedSockets,
    ...(tls && { ssl: { ...tls } }),
    ...(sasl && { sasl: { ...sasl } as SASLOptions }),
  });
}
