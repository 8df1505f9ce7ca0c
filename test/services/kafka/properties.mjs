import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Whom the listeners with SASL let in. */
export const user = { username: 'alice', password: 'wonderland' };

/**
 * The settings of a broker with one node, which keeps all it has in `directory`.
 * @param {string} directory
 * @param {Readonly<Record<string, number>>} ports of the listeners, by their protocol, and of the CONTROLLER
 * @param {{ readonly advertised?: string, readonly properties?: Readonly<Record<string, string>> }} options
 */
export async function writeProperties(directory, ports, { advertised, properties = {} }) {
  const names = Object.keys(ports).filter((name) => name !== 'CONTROLLER');
  const at = (name) => `${name}://127.0.0.1:${ports[name]}`;
  const all = {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.voters': `1@127.0.0.1:${ports.CONTROLLER}`,
    'controller.listener.names': 'CONTROLLER',
    listeners: [...names, 'CONTROLLER'].map(at).join(','),
    'advertised.listeners': names.map((name) => (advertised ? `${name}://${advertised}` : at(name))).join(','),
    'listener.security.protocol.map': ['CONTROLLER:PLAINTEXT', ...names.map((name) => `${name}:${name}`)].join(','),
    'inter.broker.listener.name': names[0],
    'log.dirs': join(directory, 'data'),
    ...small,
    ...(names.some((name) => name.endsWith('SSL')) && (await certificate(directory))),
    ...saslOf(names),
    ...properties,
  };
  const lines = Object.entries(all).map(([key, value]) => `${key}=${value}\n`);
  await writeFile(join(directory, 'server.properties'), lines.join(''));
}

/**
 * One node has no replicas; a killed broker may come back as soon as its session is over; tests look at deleted and compacted
 * records without waiting for minutes.
 */
const small = {
  'broker.session.timeout.ms': '3000',
  'broker.heartbeat.interval.ms': '500',
  'offsets.topic.replication.factor': '1',
  'offsets.topic.num.partitions': '4',
  'transaction.state.log.replication.factor': '1',
  'transaction.state.log.min.isr': '1',
  'transaction.state.log.num.partitions': '4',
  'group.initial.rebalance.delay.ms': '0',
  'num.partitions': '1',
  'auto.create.topics.enable': 'false',
  'message.max.bytes': '4194304',
  'log.cleaner.backoff.ms': '500',
  'log.cleaner.dedupe.buffer.size': '16777216',
  'log.retention.check.interval.ms': '1000',
};

/** Signed by itself, for localhost and 127.0.0.1. */
async function certificate(directory) {
  const [key, crt, both] = ['key.pem', 'ca.pem', 'keystore.pem'].map((name) => join(directory, name));
  const names = 'subjectAltName=DNS:localhost,IP:127.0.0.1';
  const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost'];
  await run('openssl', [...request, '-addext', names, '-keyout', key, '-out', crt]);
  await writeFile(both, `${await readFile(key, 'utf8')}${await readFile(crt, 'utf8')}`);
  return { 'ssl.keystore.type': 'PEM', 'ssl.keystore.location': both };
}

function saslOf(names) {
  const login = `org.apache.kafka.common.security.plain.PlainLoginModule required username="${user.username}" password="${user.password}" user_${user.username}="${user.password}";`;
  const listeners = names.filter((name) => name.startsWith('SASL'));
  if (listeners.length === 0) return {};
  const entries = listeners.map((name) => [`listener.name.${name.toLowerCase()}.plain.sasl.jaas.config`, login]);
  return { 'sasl.enabled.mechanisms': 'PLAIN', ...Object.fromEntries(entries) };
}
