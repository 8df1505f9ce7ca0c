import { StreamjobError } from '../base/errors.ts';
import { reasonOf } from '../base/network.ts';
import type { Address, Connection } from './settings.ts';

/** Where an address comes from: a job’s `brokers`, or a broker that calls itself so. */
export type AddressOrigin = 'brokers' | 'advertised';

/** True of what may be over after a while: brokers that are started again, leaders that change. */
export const mayHeal = (error: unknown): boolean =>
  error instanceof StreamjobError
    ? error.code === 'broker-unreachable' || (error.code === 'kafka-failed' && isRetriable(error.cause))
    : false;

const isRetriable = (error: unknown): boolean => (error as { retriable?: boolean } | undefined)?.retriable === true;

/** What is put as cause under a StreamjobError `kafka-failed` of our own that may heal; `type` as the protocol names it. */
export const passingCause = (type: string): Error & { readonly type: string; readonly retriable: boolean } =>
  Object.assign(new Error(type), { type, retriable: true });

/** What a connection, or a request on it, failed with, for the user. */
export function explained(
  error: unknown,
  address: Address,
  origin: AddressOrigin,
  connection: Connection,
): StreamjobError {
  if (error instanceof StreamjobError) return error;
  const { name, code = '' } = error as KafkajsError;
  const where = `${address.host}:${address.port}`;
  if (/SASL/.test(name) || /SASL/.test(String((error as KafkajsError).type)))
    return loginRefused(error, where, connection);
  if (isTlsCode(String(code))) return tlsRefused(error, where, connection);
  if (/Connection|Timeout|BrokerNotFound/.test(name)) return unreachable(error, where, origin, connection);
  return kafkaFailed(error, where);
}

interface KafkajsError extends Error {
  readonly code?: string | number;
  readonly type?: string;
}

const isTlsCode = (code: string): boolean =>
  /^(ERR_SSL|ERR_TLS|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|EPROTO)/.test(code);

function loginRefused(cause: unknown, where: string, { sasl }: Connection): StreamjobError {
  const as = sasl ? ` ${sasl.username} (${sasl.mechanism})` : '';
  const message = `The Kafka broker ${where} does not let the user${as} in: ${textOf(cause)}.`;
  const remedy = sasl
    ? 'Check `username`, `password` and `mechanism` under `sasl`, and that this is a listener with SASL.'
    : 'Set `sasl`, or take a listener without SASL.';
  return new StreamjobError('broker-refused', message, { cause, remedy });
}

function tlsRefused(cause: unknown, where: string, { tls }: Connection): StreamjobError {
  const { code } = cause as KafkajsError;
  const message = `No TLS connection to the Kafka broker ${where}: ${textOf(cause)} (${code}).`;
  const remedy = /SSL_WRONG_VERSION|EPROTO|PACKET_LENGTH/.test(String(code))
    ? 'Leave `ssl` out if this is a listener without TLS; check the port.'
    : tls?.ca
      ? 'Check that `ssl.ca` is the authority of the broker’s certificate, and that this names the host.'
      : 'Name the authority of the broker’s certificate in `ssl: { ca: FILE }`, and check that the certificate names the host.';
  return new StreamjobError('broker-refused', message, { cause, remedy });
}

function unreachable(cause: unknown, where: string, origin: AddressOrigin, connection: Connection): StreamjobError {
  const closed =
    (cause as KafkajsError).name === 'KafkaJSConnectionClosedError' || /closed/i.test(textOf(cause)) || isReset(cause);
  const why = closed ? 'it closed the connection' : reasonOf(cause);
  if (origin === 'advertised') return notAsAdvertised(cause, where, why);
  const security = `It is addressed ${connection.tls ? 'with' : 'without'} \`ssl\` and ${connection.sasl ? 'with' : 'without'} \`sasl\`: check that its listener wants that.`;
  return new StreamjobError('broker-unreachable', `The Kafka broker ${where} cannot be reached: ${why}.`, {
    cause,
    remedy: closed ? security : 'Check `brokers`, and that the broker runs and can be reached from this machine.',
  });
}

const isReset = (error: unknown): boolean => (error as KafkajsError).code === 'ECONNRESET';

const notAsAdvertised = (cause: unknown, where: string, why: string): StreamjobError =>
  new StreamjobError(
    'broker-unreachable',
    `The Kafka cluster answers, but one of its brokers, which calls itself ${where}, cannot be reached: ${why}.`,
    {
      cause,
      remedy:
        'Check that this broker runs, and that its `advertised.listeners` name an address that this machine can reach.',
    },
  );

function kafkaFailed(cause: unknown, where: string): StreamjobError {
  const { type } = cause as KafkajsError;
  const denied = /AUTHORIZATION_FAILED/.test(String(type));
  const code = denied ? 'broker-refused' : 'kafka-failed';
  return new StreamjobError(code, `The Kafka broker ${where} says: ${textOf(cause)}${type ? ` (${type})` : ''}.`, {
    cause,
    remedy: denied ? 'Give the user the rights in Kafka’s ACLs.' : 'Look into the log of the broker.',
  });
}

const textOf = (error: unknown): string =>
  (error as Error).message.replace(/^Connection error: /, '').replace(/\.$/, '');
