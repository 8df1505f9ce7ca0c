import { s } from '../component/settings.ts';
import { defineSink } from '../component/sink.ts';
import { delimiterProblems } from './files/csv.ts';
import { openDirectory } from './files/directory.ts';
import { nameProblems } from './files/names.ts';
import { PartWriter } from './files/partWriter.ts';
import { openRolling } from './files/rolling.ts';

export default defineSink({
  summary:
    'Writes one file a batch, `PREFIX-<batch time>.SUFFIX`. It appears whole: it is written aside, synced to the disk and renamed. As `text` a string is a line as it is and any other value is JSON; as `json` each record is a line of JSON. There dates are ISO texts, bigints their digits as a text, bytes base64, a Map a list of pairs, a Set a list, NaN and infinities null. As `csv` a list is a line of its elements and an object one of its fields by the `columns`, which are also the first line of each file; null is an empty field and an empty text `""`. A suffix that ends in `gz` compresses.',
  config: s.object({
    path: s.path({ description: 'The directory; it is made if it is not there.' }),
    prefix: s.string({ default: 'part', description: 'How names begin; may be empty.' }),
    suffix: s.string({
      optional: true,
      description: 'How names end, without the dot; by default `txt`, `json` or `csv`, as the format; empty for none.',
    }),
    format: s.oneOf(
      [
        s.choice(['text', 'json', 'csv'], {}),
        s.object({
          csv: s.object({
            columns: s.list(s.string({}), {
              optional: true,
              description: 'The fields of objects to write; also the first line of each file.',
            }),
            header: s.boolean({ default: true, description: 'Begin each file with the columns, if there are any.' }),
            delimiter: s.string({ default: ',', description: 'What separates fields.' }),
          }),
        }),
      ],
      { default: 'text', description: 'What a line is: `text`, `json` or `csv`.' },
    ),
    partitioned: s.boolean({
      default: false,
      description:
        'Make `PREFIX-<batch time>.SUFFIX` a directory as Spark does, with a file `part-00000` and so on for each partition that has records, and `_SUCCESS`.',
    }),
    roll: s.oneOf([s.as('every', s.duration({ minimum: 1 })), s.as('size', s.size({ minimum: 1 }))], {
      optional: true,
      description:
        'Append batches to one file, and begin another every so often (`1h`, in UTC; the name has the beginning) or when one has grown so large (`128MB`; the name has its first batch). What a batch that failed had appended is cut off again; until it is done, readers may see it.',
    }),
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
    {
      title: 'A compressed CSV file an hour, with a header',
      yaml: 'files: { path: orders, suffix: csv.gz, roll: 1h, format: { csv: { columns: [id, amount] } } }',
    },
    { title: 'Directories as those of Spark', yaml: 'files: { path: out, suffix: "", partitioned: true }' },
  ],

  check: (config) => [...nameProblems(config), ...delimiterProblems(config)],

  worker: (config, task) => new PartWriter(config, task),

  isNothing: ({ writeEmpty }, { part }) => !writeEmpty && typeof part !== 'string',

  driver(config, context) {
    const directory = config.roll ? openRolling(config, config.roll, context) : openDirectory(config, context);
    return {
      start: () => directory.prepare(),
      commit: (time, messages, again) =>
        directory.publish(
          time,
          messages.flatMap(({ part: name }, partition) => (typeof name === 'string' ? [{ partition, name }] : [])),
          again,
        ),
      stop: () => directory.removeLeftovers(),
    };
  },
});
