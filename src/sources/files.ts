import { framingSettings } from '../component/delimited.ts';
import { s } from '../component/settings.ts';
import { defineSource } from '../component/source.ts';
import { FilesDriver } from './files/driver.ts';
import { openReader } from './files/reader.ts';

export default defineSource({
  summary:
    'Files that appear in a directory or match a glob. Each is read once, however often it is renamed, as soon as its size and modification time have not changed for `minAge`; later changes to it are reported and not read. Names that begin with `.` or `_` or end in `.tmp`, and anything but regular files (symbolic links to them are followed, those to directories are not), are ignored. A `.gz` file is decompressed as it is read. With `--once`, the files that are there at the start.',
  config: s.object({
    path: s.path({ description: 'A directory, a glob such as `in/**/*.log`, or a single file.' }),
    ...framingSettings,
    newOnly: s.boolean({ default: false, description: 'Ignore the files that are there when the job starts.' }),
    recursive: s.boolean({ default: false, description: 'Look into the directories below `path`, too.' }),
    minAge: s.duration({
      default: '2s',
      description:
        'How long a file must not have changed; `0s` where files are renamed into place when they are complete.',
    }),
    maxFilesPerBatch: s.integer({
      optional: true,
      minimum: 1,
      description: 'At most so many files a batch, the oldest first.',
    }),
    maxBytesPerBatch: s.size({
      default: '1GB',
      minimum: 1,
      description:
        'About so many bytes a batch at most; a larger file is spread over several batches, unless it can only be read as a whole (`.gz`, csv with `multiline`).',
    }),
    onProcessed: s.oneOf(
      [
        s.choice(['keep', 'delete'], { description: 'Leave the file where it is, or delete it.' }),
        s.object({ moveTo: s.path({ description: 'The directory to move it to; it is made if it is not there.' }) }),
      ],
      {
        default: 'keep',
        description:
          'What happens to a file when its batch is done. If a moved file’s name is taken, it gets a number.',
      },
    ),
    onDataLoss: s.choice(['fail', 'skip'], {
      default: 'fail',
      advanced: true,
      description:
        'What happens if a file is gone or has changed when its batch reads it: the batch fails, or goes on without it and a warning says so.',
    }),
    forgetAfter: s.duration({
      default: '7d',
      advanced: true,
      description: 'A file that has not been in the directory for so long may come back as a new one.',
    }),
  }),
  short: 'path',
  examples: [
    { title: 'Every file of a directory', yaml: 'files: in' },
    { title: 'Logs below it, written by rename', yaml: 'files: { path: "logs/**/*.log", minAge: 0s }' },
    {
      title: 'JSON lines, moved away when done',
      yaml: 'files: { path: in, format: json, onProcessed: { moveTo: done } }',
    },
    { title: 'A CSV file, from cron', yaml: 'files: { path: orders.csv, format: csv }' },
  ],
  once: 'drains',

  driver: (config, context) => new FilesDriver(config, context),

  worker: openReader,
});
