import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync, readFileSync, rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { install, versions } from './install.mjs';
import { writeProperties } from './properties.mjs';

const run = promisify(execFile);

/**
 * @typedef {'PLAINTEXT' | 'SSL' | 'SASL_PLAINTEXT' | 'SASL_SSL'} Listener
 * @typedef {object} KafkaOptions
 * @property {string} [version] default: what STREAMJOB_TEST_KAFKA says, or the newest 4.x
 * @property {readonly Listener[]} [listeners] the first one is the broker's own; default: PLAINTEXT
 * @property {number} [port] of the first listener; default: a free one
 * @property {string} [advertised] what the broker calls itself, in place of its address
 * @property {Readonly<Record<string, string>>} [properties] further settings of the broker
 */

const firstStart = 120_000;
const quickStart = '-XX:TieredStopAtLevel=1';

/**
 * Starts a real Apache Kafka of one node on free ports of 127.0.0.1, with its data in a directory of its own. Resolves when it
 * takes connections. It ends with this process at the latest.
 * @param {KafkaOptions} [options]
 */
export async function startKafka(options = {}) {
  const version = options.version ?? process.env.STREAMJOB_TEST_KAFKA ?? versions[4];
  const classPath = await install(version);
  const directory = await mkdtemp(join(tmpdir(), 'streamjob-kafka-'));
  const names = options.listeners ?? ['PLAINTEXT'];
  const ports = await freePorts([...names, 'CONTROLLER']);
  if (options.port) ports[names[0]] = options.port;
  await writeProperties(directory, ports, options);
  const kafka = new Kafka(version, classPath, directory, ports, names);
  await kafka.format();
  await kafka.start();
  return kafka;
}

export class Kafka {
  #classPath;
  #process;
  #removed = () => this.#removeNow();

  constructor(version, classPath, directory, ports, names) {
    this.#classPath = classPath;
    this.version = version;
    this.directory = directory;
    this.ports = ports;
    /** The address of the first listener. */
    this.brokers = `127.0.0.1:${ports[names[0]]}`;
    /** The certificate of the listeners with SSL, which is its own authority. */
    this.ca = join(directory, 'ca.pem');
    process.once('exit', this.#removed);
  }

  /**
   * @param {Listener} listener
   * @returns {string} for a TLS client to find the name of the certificate, too
   */
  address(listener) {
    return `127.0.0.1:${this.ports[listener]}`;
  }

  /** Begins with an empty log directory. */
  async format() {
    const properties = join(this.directory, 'server.properties');
    const id = Buffer.from('streamjob-tests!').toString('base64url');
    await this.tool('kafka.tools.StorageTool', ['format', '-t', id, '-c', properties]);
  }

  /** Starts it on the data and the ports that it had. Resolves when it takes connections. */
  async start() {
    const log = openSync(join(this.directory, 'log'), 'a');
    const args = [...this.#java(['-Xmx512m', '-Xms64m', '-XX:+UseSerialGC']), 'kafka.Kafka'];
    const child = spawn('java', [...args, join(this.directory, 'server.properties')], { stdio: ['ignore', log, log] });
    this.#process = child;
    const port = Number(this.brokers.split(':')[1]);
    for (const deadline = Date.now() + firstStart; !(await takesConnections(port)); ) {
      if (child.exitCode !== null || Date.now() > deadline) throw new Error(`Kafka has not started:\n${this.log}`);
      await sleep(50);
    }
  }

  /** Stops it as an operator would, and keeps its data. */
  async stop() {
    await this.#end('SIGTERM');
  }

  /** Ends it at once, as a failing machine does, and keeps its data. */
  async kill() {
    await this.#end('SIGKILL');
  }

  async restart() {
    await this.stop();
    await this.start();
  }

  /** Ends it and removes what it had. */
  async remove() {
    await this.kill();
    process.off('exit', this.#removed);
    await rm(this.directory, { recursive: true, force: true });
  }

  /**
   * Runs one of Kafka's own tools; resolves with what it prints.
   * @param {string} className
   * @param {readonly string[]} args
   * @param {{ compiled?: boolean }} [options] compiled: for long work, not for a quick start
   */
  async tool(className, args, { compiled = false } = {}) {
    const java = this.#java(['-Xmx256m']).filter((option) => !(compiled && option === quickStart));
    const { stdout } = await run('java', [...java, className, ...args], { maxBuffer: 64 << 20 });
    return stdout;
  }

  get log() {
    return readFileSync(join(this.directory, 'log'), 'utf8').slice(-4000);
  }

  #java(memory) {
    const logging = '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn';
    return [...memory, quickStart, logging, '-cp', this.#classPath];
  }

  async #end(signal) {
    const child = this.#process;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  }

  #removeNow() {
    this.#process?.kill('SIGKILL');
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** All of them are held before the first is given back, so that they differ. */
async function freePorts(names) {
  const servers = names.map(() => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return Object.fromEntries(names.map((name, i) => [name, ports[i]]));
}

async function takesConnections(port) {
  const socket = connect(port, '127.0.0.1');
  try {
    return await new Promise((resolve) => {
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    });
  } finally {
    socket.destroy();
  }
}
