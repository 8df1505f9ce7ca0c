import { s } from '../component/settings.ts';
import { defineSink } from '../component/sink.ts';
import { compressions } from '../kafka/codecs.ts';
import { connectionSettings } from '../kafka/settings.ts';
import { openDriver } from './kafka/driver.ts';
import { configProblems } from './kafka/problems.ts';
import { openWriter } from './kafka/writer.ts';

export default defineSink({
  summary:
    'Sends records as messages to topics of Apache Kafka. Each task sends its partition in order, when all of it has been computed: nothing is sent for a task that failed. All replicas have to take a message, and one that is sent again because an answer was lost is not there twice. What a failed or killed batch had sent is sent again, unless `exactlyOnce` is set. A broker that is away is waited for.',
  config: s.object({
    ...connectionSettings,
    topic: s.oneOf(
      [s.string({}), s.object({ by: s.fn('record => topic', { description: 'Gives the topic of a record.' }) })],
      {
        description: 'Where messages go to: the name of a topic, or `{ by: record => topic }`.',
      },
    ),
    key: s.fn('record => key', {
      optional: true,
      description:
        'The key of a message, made as `value` is; null for none. Messages of one key go to one partition, the same as with Kafka’s own clients.',
    }),
    value: s.fn('record => value', {
      optional: true,
      description:
        'The value of a message: text and bytes are sent as they are, null as none (a tombstone), everything else as JSON. By default the record.',
    }),
    headers: s.fn('record => ({ name: value })', {
      optional: true,
      description: 'The headers of a message: texts, bytes or lists of them.',
    }),
    compression: s.choice(compressions, { default: 'none', description: 'How messages are compressed.' }),
    exactlyOnce: s.boolean({
      default: false,
      description:
        'Send the messages of each task in one transaction, together with a mark that this batch has been sent, kept as an offset of the group `streamjob-JOB-SINK-PARTITION`. With a checkpoint each message is there once for readers with `isolation.level=read_committed`, whatever becomes of the process; a job must not rest with an unfinished batch for longer than brokers keep offsets (`offsets.retention.minutes`, a week). Of two runs of a job the older one is stopped. Needs Kafka 2.5.',
    }),
    brokerTimeout: s.duration({
      default: '2m',
      minimum: 1,
      advanced: true,
      description: 'How long a batch waits for brokers that are away.',
    }),
  }),
  examples: [
    { title: 'Records as JSON', yaml: 'kafka: { brokers: "localhost:9092", topic: totals }' },
    {
      title: 'Pairs by their key, exactly once',
      yaml: 'kafka: { brokers: "localhost:9092", topic: totals, key: "([account]) => account", value: "([, total]) => total", exactlyOnce: true }',
    },
    {
      title: 'A topic for each kind of event, compressed',
      yaml: 'kafka: { brokers: "kafka1:9092,kafka2:9092", topic: { by: "event => `events-${event.kind}`" }, compression: zstd }',
    },
  ],

  needsCheckpoint: ({ exactlyOnce }) => exactlyOnce,

  sendsInTasks: true,

  check: configProblems,

  worker: (config, task) => openWriter(config, task),
  driver: (config, context) => openDriver(config, context),
});
