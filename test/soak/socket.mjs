import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { JobProcess } from './jobProcess.mjs';

const job = `batchInterval: 200ms
checkpoint: { directory: checkpoint, interval: 2s }
functions: functions.mjs
settings: { threads: 2, memoryLimit: 32MB, taskRetries: 20, backpressure: true }
sources: { lines: { socket: { listen: true, host: 127.0.0.1, port: 0 } } }
streams:
  pairs: { from: lines, steps: [{ map: risky }, { map: 'line => [line.slice(0, line.indexOf(" ")), 1]' }, { reduceByKey: '(a, b) => a + b' }] }
  slow: { from: pairs, steps: [{ mapPartitions: 'pairs => { Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50); return pairs; }' }] }
  total: { from: slow, steps: [{ map: '([, n]) => n' }, { reduce: '(a, b) => a + b' }] }
  states: { from: pairs, steps: [{ updateStateByKey: '(values, state = 0) => values.reduce((a, b) => a + b, state)' }] }
  held: { from: states, steps: [{ map: '([, n]) => n' }, { reduce: '(a, b) => a + b' }, { map: 'n => "held " + n' }] }
sinks: [{ from: total, print: {} }, { from: held, print: {} }]
`;

/** Peers that come at full speed and go, long keys, a slow step, and a state of them all, which a thread may die with. */
export async function open(directory) {
  const process = new JobProcess(directory, job);
  const port = Number((await process.said(/listening on 127\.0\.0\.1:(\d+)/))[1]);
  let sent = 0;
  let counted = 0;
  let held = 0;
  let peers = 0;
  process.onLine = (line) => {
    if (/^\d+$/.test(line)) counted += Number(line);
    if (line.startsWith('held ')) held = Number(line.slice(5));
  };
  const peer = async () => {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    peers++;
    const rounds = Math.ceil(Math.random() * 50);
    for (let round = 0; round < rounds; round++) {
      const key = 'key'.repeat(1 + Math.floor(Math.random() * 300));
      const lines = Array.from({ length: 500 }, (_, i) => `${key}${i % 50} ${'x'.repeat(i % 100)}`);
      sent += lines.length;
      if (!socket.write(`${lines.join('\n')}\n`)) await once(socket, 'drain');
    }
    socket.end();
    await once(socket, 'close');
  };
  return {
    name: 'socket',
    process,
    async work(signal) {
      while (!signal.aborted) await Promise.all([peer(), peer(), sleep(100)]);
    },
    settled: () => counted >= sent && held >= sent,
    report: () => `${peers} peers sent ${sent} lines, ${counted} counted, ${held} held`,
    wrong: () =>
      counted === sent && held === sent ? undefined : `${sent} lines were sent, ${counted} counted, ${held} held`,
  };
}
