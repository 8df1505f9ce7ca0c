import { readFileSync } from 'node:fs';
import { messageOf, StreamjobError } from '../base/errors.ts';
import { type Static, s } from '../component/settings.ts';

/** The settings of everything that talks to a Kafka cluster. */
export const connectionSettings = {
  brokers: s.oneOf([s.string({}), s.list(s.string({}), {})], {
    description:
      'Some brokers of the cluster as `host:port`: a list, or one text with commas. The others are found through them.',
  }),
  clientId: s.string({
    default: 'streamjob',
    advanced: true,
    description: 'The name by which brokers know the job in their logs and quotas.',
  }),
  ssl: s.oneOf(
    [
      s.boolean({ description: 'Encrypt the connections; the system’s certificate authorities are trusted.' }),
      s.object({
        ca: s.path({ optional: true, description: 'A PEM file of certificate authorities to trust.' }),
        cert: s.path({ optional: true, description: 'A PEM file with the client’s certificate.' }),
        key: s.path({ optional: true, description: 'A PEM file with the key of the client’s certificate.' }),
        rejectUnauthorized: s.boolean({
          default: true,
          description: 'Refuse brokers whose certificate cannot be verified.',
        }),
      }),
    ],
    { default: false, description: 'Whether, and how, connections are encrypted with TLS.' },
  ),
  sasl: s.object(
    {
      mechanism: s.choice(['plain', 'scram-sha-256', 'scram-sha-512'], {
        default: 'plain',
        description: 'How the password is proved.',
      }),
      username: s.string({ description: 'The user.' }),
      password: s.string({ secret: true, description: 'The password; write `${NAME}` and set it in the environment.' }),
    },
    { optional: true, description: 'The user to log in as.' },
  ),
  connectTimeout: s.duration({
    default: '5s',
    minimum: 1,
    advanced: true,
    description: 'How long a broker may take to accept a connection.',
  }),
  requestTimeout: s.duration({
    default: '30s',
    minimum: 1,
    advanced: true,
    description: 'How long a broker may take to answer.',
  }),
};

const connectionConfig = s.object(connectionSettings);
export type ConnectionConfig = Static<typeof connectionConfig>;

/** How to reach a cluster. Times in milliseconds. */
export interface Connection {
  readonly brokers: readonly Address[];
  readonly clientId: string;
  /** Options of node:tls; absent: connections are not encrypted. */
  readonly tls?: TlsFiles;
  readonly sasl?: NonNullable<ConnectionConfig['sasl']>;
  readonly connectTimeout: number;
  readonly requestTimeout: number;
}

export interface Address {
  readonly host: string;
  readonly port: number;
}

export interface TlsFiles {
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
  readonly rejectUnauthorized: boolean;
}

/** Throws StreamjobError `bad-value` for addresses that are none, `file-missing` for certificates that cannot be read. */
export function connectionOf(config: ConnectionConfig): Connection {
  const { clientId, connectTimeout, requestTimeout, ssl, sasl } = config;
  const listed = typeof config.brokers === 'string' ? config.brokers.split(',') : config.brokers;
  const brokers = listed.map((text) => addressOf(text.trim()));
  if (brokers.length === 0) throw noAddress('There are no brokers.');
  const tls = ssl === false ? undefined : ssl === true ? { rejectUnauthorized: true } : readFiles(ssl);
  return { brokers, clientId, connectTimeout, requestTimeout, ...(tls && { tls }), ...(sasl && { sasl }) };
}

/** `host:port`, `[::1]:9092`; a host alone has Kafka's port. */
function addressOf(text: string): Address {
  const match = /^(?:\[([^\]]+)\]|([^:\s/]+))(?::(\d{1,5}))?$/.exec(text);
  const port = Number(match?.[3] ?? 9092);
  if (match && port >= 1 && port <= 65_535) return { host: (match[1] ?? match[2])!, port };
  throw noAddress(`The broker ${JSON.stringify(text)} is no address.`);
}

const noAddress = (message: string): StreamjobError =>
  new StreamjobError('bad-value', message, {
    remedy: 'Write `brokers: "host:port"`, several with commas between them or as a list.',
  });

function readFiles(ssl: Exclude<ConnectionConfig['ssl'], boolean>): TlsFiles {
  const { ca, cert, key, rejectUnauthorized } = ssl;
  return {
    rejectUnauthorized,
    ...(ca !== undefined && { ca: readPem(ca) }),
    ...(cert !== undefined && { cert: readPem(cert) }),
    ...(key !== undefined && { key: readPem(key) }),
  };
}

function readPem(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new StreamjobError('file-missing', `${path}, which \`ssl\` names, cannot be read: ${messageOf(cause)}.`, {
      cause,
      remedy: 'Check the path, which is relative to the job file, and that the user who runs the job may read it.',
    });
  }
}
