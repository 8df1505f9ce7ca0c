import { StreamjobError } from '../base/errors.ts';
import { s } from '../component/settings.ts';
import { defineSink } from '../component/sink.ts';
import { readableText } from '../component/text.ts';

const line = '-'.repeat(43);

export default defineSink({
  summary:
    'Shows the first records of each batch on standard output, in Spark’s layout: strings as they are, other values like JSON.',
  config: s.object({
    limit: s.integer({
      default: 10,
      minimum: 0,
      description: 'How many records of a batch are shown; `...` stands for more.',
    }),
  }),
  short: 'limit',
  examples: [
    { title: 'The first ten records of each batch', yaml: 'print: {}' },
    { title: 'The first hundred', yaml: 'print: { limit: 100 }' },
  ],

  worker({ limit }) {
    const lines: string[] = [];
    return {
      write(record) {
        if (lines.length <= limit) lines.push(readableText(record));
      },
      close: () => ({ lines }),
    };
  },

  isNothing: (_config, { lines }) => (lines as string[]).length === 0,

  driver: ({ limit }) => ({
    async commit(time, messages) {
      const lines = messages.flatMap((message) => message.lines as string[]);
      const shown = lines.length > limit ? [...lines.slice(0, limit), '...'] : lines;
      await print([line, `Time: ${time} ms`, line, ...shown, '', ''].join('\n'));
    },
  }),
});

/** Waits until a slow reader has taken it. A reader that went away is no failure here: the command line ends the job. */
function print(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(text, (error) => {
      if (!error || (error as NodeJS.ErrnoException).code === 'EPIPE') resolve();
      else reject(cannotWrite(error));
    });
  });
}

const cannotWrite = (cause: Error): StreamjobError =>
  new StreamjobError('sink-failed', `Standard output cannot be written: ${cause.message}.`, {
    cause,
    remedy: 'Check where the output of streamjob is sent to.',
  });
