// Runs the stdin source in a worker thread, as the engine does, and tells on standard output what becomes of it.
// With the argument `stop` it is stopped at the first bytes.
import { createHash } from 'node:crypto';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import stdin from '#src/sources/stdin.ts';

if (isMainThread) {
  new Worker(new URL(import.meta.url), { workerData: { stopping: process.argv[2] === 'stop' } }).on('message', (told) =>
    process.stdout.write(`${JSON.stringify(told)}\n`),
  );
} else {
  const hash = createHash('sha256');
  let bytes = 0;
  const tell = (what) => parentPort.postMessage(what);
  const channel = () => ({
    write(piece) {
      bytes += piece.length;
      hash.update(piece);
      if (workerData.stopping) setImmediate(() => receiver.stop().then(() => tell('stopped')));
      return true;
    },
    drained: async () => {},
    end: () => tell({ bytes, hash: hash.digest('hex') }),
  });
  const receiver = stdin.receiver(
    { format: { name: 'text', config: {} }, delimiter: '\n', maxRecordBytes: 1e6 },
    {
      name: 'lines',
      channel,
      state: (_state, message) => tell(message),
      ended: () => tell('ended'),
      failed: (e) => tell(e.message),
    },
  );
  receiver.start().catch((error) => tell(error.message));
}
