import { s } from '../component/settings.ts';
import { defineSink } from '../component/sink.ts';
import { openDirectory } from './files/directory.ts';
import { PartWriter } from './files/partWriter.ts';

export default defineSink({
  summary:
    'Writes one file a batch, `PREFIX-<batch time>.SUFFIX`. It appears whole: it is written aside, synced to the disk and renamed. As `text` a string is a line as it is and any other value is JSON; as `json` each record is a line of JSON. There dates are ISO texts, bigints their digits as a text, bytes base64, a Map a list of pairs, a Set a list, NaN and infinities null.',
  config: s.object({
    path: s.path({ description: 'The directory; it is made if it is not there.' }),
    prefix: s.string({ default: 'part', description: 'How names begin; may be empty.' }),
    suffix: s.string({
      optional: true,
      description: 'How names end, without the dot; by default `txt` or `json`, as the format; empty for none.',
    }),
    format: s.choice(['text', 'json'], { default: 'text', description: 'What a line is.' }),
    writeEmpty: s.boolean({ default: false, description: 'Write a file for a batch without records, too.' }),
    overwrite: s.boolean({
      default: false,
      description: 'Replace a file that is in the way; otherwise the job ends with exit code 3.',
    }),
  }),
  short: 'path',
  examples: [
    { title: 'out/part-<batch time>.txt', yaml: 'files: out' },
    {
      title: 'JSON lines in counts/top-<batch time>.jsonl',
      yaml: 'files: { path: counts, prefix: top, suffix: jsonl, format: json }',
    },
  ],

  worker: (config, task) => new PartWriter(config, task),

  driver(config, context) {
    const directory = openDirectory(config, context);
    return {
      start: () => directory.prepare(),
      commit: (time, messages, again) =>
        directory.publish(
          time,
          messages.flatMap(({ part }) => (typeof part === 'string' ? [part] : [])),
          again,
        ),
      stop: () => directory.removeLeftovers(),
    };
  },
});
