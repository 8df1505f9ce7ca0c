import { formatDuration } from '../base/duration.ts';
import { s } from '../component/settings.ts';
import { tableShape } from '../component/tableSettings.ts';
import { defaultSettings } from '../plan/jobSettings.ts';

/**
 * The job language around the components, described once in the vocabulary of their settings. The loader checks with it, and
 * the JSON Schema and the reference are generated from it. What is `json` here has components inside, or records.
 */

const { concurrentJobs, blockInterval, backpressure, maxWaitingBatches } = defaultSettings;
const { taskRetries, taskTimeout, onBatchFailure, stopTimeout } = defaultSettings;

export const settingsShape = s.object(
  {
    threads: s.oneOf([s.choice(['auto'], {}), s.integer({ minimum: 1, maximum: 1024 })], {
      default: 'auto',
      description: "Worker threads, as Spark's local[N]; `auto` is one per core. --threads overrides it.",
    }),
    concurrentJobs: s.integer({
      default: concurrentJobs,
      minimum: 1,
      description: 'How many sinks of one batch run side by side.',
    }),
    blockInterval: s.duration({
      default: formatDuration(blockInterval),
      minimum: 1,
      description: 'How often what a source receives is cut into a block.',
    }),
    backpressure: s.boolean({
      default: backpressure,
      description:
        'Slow sources down while batches are late, to what the job works off: by Spark’s PID rate estimator (proportional 1, integral 0.2, at least 100 records a second).',
    }),
    memoryLimit: s.size({
      default: '512MB',
      minimum: 1e6,
      description: 'Blocks and shuffle buckets together; beyond it sources pause.',
    }),
    workerHeap: s.size({
      default: '1GB',
      minimum: 16e6,
      description:
        'JavaScript memory of each worker thread. A batch that needs more fails by name of its step; beyond twice as much the thread is ended.',
    }),
    maxWaitingBatches: s.integer({
      default: maxWaitingBatches,
      minimum: 1,
      description:
        'When more batches than this wait, sources that list their input are not asked. As soon as one waits, ticks that nothing needs are skipped.',
    }),
    taskRetries: s.integer({
      default: taskRetries,
      minimum: 0,
      description: 'How often a task that failed is run again before its batch fails.',
    }),
    taskTimeout: s.duration({
      default: formatDuration(taskTimeout),
      minimum: 1,
      description:
        'A task that runs longer, in an endless loop for example, is ended with its thread, and has failed. While a sink waits for a server, its own time limits hold.',
    }),
    onBatchFailure: s.choice(['stop', 'continue'], {
      default: onBatchFailure,
      description:
        'Whether a batch that failed ends the job, or is logged and left out. What no later batch could be run after either, such as a lost state or a checkpoint that cannot be used, always ends it.',
    }),
    stopTimeout: s.duration({
      default: formatDuration(stopTimeout),
      description: 'How long a graceful stop may take.',
    }),
  },
  { default: {}, description: 'How the job is run.' },
);

const onError = s.oneOf(
  [
    s.choice(['fail', 'skip'], {}),
    s.object({ to: s.string({ description: 'The stream to be made of `{ record, error, step, batchTime }`.' }) }),
  ],
  {
    optional: true,
    description:
      'What becomes of a record that fails: `fail` (default) fails its batch, `skip` leaves it out, `{ to: NAME }` sends it to the stream NAME.',
  },
);

const from = s.oneOf([s.string({}), s.list(s.string({}), {})], {
  description: 'The source or stream that it follows, or a list of them, which are put together.',
});

/** What a source has beside its component. */
export const sourceExtras = s.object({ onError });

export const streamShape = s.object({
  from,
  steps: s.list(s.json({}), { default: [], description: 'The steps, one after the other.' }),
  onError,
});

/** What a sink has beside its component. */
export const sinkExtras = s.object({
  from,
  name: s.string({ optional: true, description: 'How it is called in messages; by default after its stream.' }),
});

export const testShape = s.object({
  name: s.string({ description: 'What it shows.' }),
  batches: s.integer({
    optional: true,
    minimum: 1,
    description: 'How many batches to run; by default the longest list of `given` and `expect`.',
  }),
  ordered: s.boolean({ default: false, description: 'Whether the order of the records within a batch counts.' }),
  virtualOnly: s.boolean({
    default: false,
    description: 'It expects batch times, which only the virtual clock gives.',
  }),
  given: s.map(s.json({}), {
    default: {},
    description: 'Per source a list of batches, each a list of records; or `{ partitions: 2, batches: [...] }`.',
  }),
  expect: s.map(s.json({}), { description: 'Per stream a list for each batch in which it yields.' }),
});

const checkpoint = s.oneOf(
  [
    s.no({}),
    s.path({}),
    s.object({
      directory: s.path({ description: 'The directory; it is made if it is not there.' }),
      interval: s.duration({
        default: '10s',
        minimum: 1,
        description:
          'How often what states have changed is merged in the background, so that a start need not read all changes.',
        advanced: true,
      }),
    }),
  ],
  {
    optional: true,
    description: 'The directory that keeps what must survive; `false` says that state may be lost.',
  },
);

export const jobShape = s.object({
  name: s.string({ optional: true, description: "The job's name; by default that of the file without its extension." }),
  batchInterval: s.duration({
    minimum: 1,
    description: 'A batch is what comes within such an interval: 50ms, 1s, 10m.',
  }),
  checkpoint,
  remember: s.duration({
    optional: true,
    minimum: 1,
    description:
      'How long what each stream gave is kept for `streamjob slice` and `slice` of the API. It is kept as bytes, within settings.memoryLimit, and not across a restart.',
  }),
  functions: s.path({ optional: true, description: 'An ES module whose exports the functions of the job may use.' }),
  tables: s.map(tableShape, {
    optional: true,
    description:
      'Read-only Maps for every function, by name: `NAME.get(key)` is the record with that key. They are read when the job starts; a file that changes later is not read again.',
  }),
  settings: settingsShape,
  sources: s.json({ description: 'Where records come from, by name.' }),
  streams: s.json({ optional: true, description: 'What is computed, by name.' }),
  sinks: s.json({ description: 'Where results go, a list.' }),
  tests: s.json({ optional: true, description: 'Batches in and batches out, run by `streamjob test`.' }),
});
