import { createReadStream, fstatSync, open, read } from 'node:fs';
import { Socket } from 'node:net';
import { isatty, ReadStream as TerminalStream } from 'node:tty';
import { messageOf, StreamjobError } from '../base/errors.ts';
import { framingSettings } from '../component/delimited.ts';
import { s } from '../component/settings.ts';
import { defineSource, type Receiver, type ReceiverContext } from '../component/source.ts';
import { type ByteStream, Inflow } from './receiving/inflow.ts';

export default defineSource({
  summary:
    'Records on standard input: of a pipe, a file or what is typed. The job ends at the end of input. What was received and not yet worked off is lost if the process is killed.',
  config: s.object({ ...framingSettings }),
  short: 'format',
  examples: [
    { title: '`tail -f app.log | streamjob run errors.yaml`', yaml: 'stdin: {}' },
    { title: 'JSON lines', yaml: 'stdin: json' },
    { title: 'File names of `find -print0`', yaml: 'stdin: { delimiter: "\\0" }' },
  ],
  once: 'drains',

  receiver: (_config, context) => new StdinReceiver(context),
});

interface Input {
  readonly kind: string;
  readonly stream: ByteStream;
}

class StdinReceiver implements Receiver {
  readonly #context: ReceiverContext;
  #inflow: Inflow | undefined;
  #stopped = false;

  constructor(context: ReceiverContext) {
    this.#context = context;
  }

  async start(): Promise<void> {
    const { kind, stream } = openInput();
    this.#context.state('active', `reading ${kind}`);
    this.#inflow = new Inflow(stream, this.#context.channel('stdin'));
    void this.#inflow.closed.then((error) => {
      if (this.#stopped) return;
      if (error) this.#context.failed(cannotRead(error));
      else this.#context.ended();
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#inflow?.drain();
  }
}

/** In a worker thread `process.stdin` is fed by the main thread, so descriptor 0 is read directly, by its kind. */
function openInput(): Input {
  const kind = fstatSync(0);
  if (kind.isDirectory()) throw cannotRead(new Error('it is a directory'));
  if (isatty(0)) return { kind: 'the terminal, until Ctrl-D', stream: new TerminalStream(0) };
  if (kind.isFIFO() || kind.isSocket()) {
    return { kind: 'a pipe', stream: new Socket({ fd: 0, readable: true, writable: false }) };
  }
  return { kind: 'a file', stream: createReadStream('', { fd: 0, fs: leavingOpen, highWaterMark: 256 * 1024 }) };
}

/** Descriptor 0 is never closed: the next file that is opened would become standard input. */
const leavingOpen = { open, read, close: (_fd: number, done: () => void): void => done() };

const cannotRead = (cause: Error): StreamjobError =>
  new StreamjobError('source-failed', `Standard input cannot be read: ${messageOf(cause)}.`, {
    cause,
    remedy: 'Pipe or redirect something into streamjob, as in `streamjob run job.yaml < file`.',
  });
