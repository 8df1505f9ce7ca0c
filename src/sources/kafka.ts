import { s } from '../component/settings.ts';
import { defineSource } from '../component/source.ts';
import { connectionSettings } from '../kafka/settings.ts';
import { KafkaDriver } from './kafka/driver.ts';
import { configProblems } from './kafka/problems.ts';
import { openReader } from './kafka/reader.ts';

export default defineSource({
  summary:
    'Messages of Apache Kafka’s topics (brokers from 2.3 on). A batch is a range of offsets of each partition, as in Spark’s direct model: it is written into the checkpoint before it is read, and after a restart the same messages are read again. Each message is one record, whatever line ends it has. Only committed transactions are read. Partitions that are added, and topics that are made later, are read from their first message on. A broker that is away is waited for. With `--once`, everything up to the start of the run.',
  config: s.object({
    ...connectionSettings,
    topics: s.oneOf([s.string({}), s.list(s.string({}), {})], {
      description: 'The names of the topics: one, several with commas or a list; or a pattern such as `/^orders-.*/`.',
    }),
    from: s.oneOf(
      [
        s.choice(['earliest', 'latest'], { description: 'The oldest message that there is, or those to come.' }),
        s.object({
          timestamp: s.oneOf([s.integer({ minimum: 0 }), s.string({})], {
            description: 'Milliseconds since the epoch, or a time such as `2026-01-31T12:00:00Z`.',
          }),
        }),
      ],
      {
        default: 'latest',
        description:
          'Where a job begins that has no checkpoint; one that has goes on where it was. Offsets committed to the group do not matter.',
      },
    ),
    format: s.format({
      default: 'text',
      description:
        'What the value of a message is: `text`, `json`, `csv` (one row, with `header: false`) or `binary` (all of its bytes).',
    }),
    record: s.choice(['value', 'full'], {
      default: 'value',
      description:
        'What a record is: the value (null if the message has none), or `{ key, value, headers, topic, partition, offset, timestamp }`. There, `key` is text or null (bytes with `binary`), `headers` an object of texts (a list of them for a name that occurs again), `timestamp` in milliseconds.',
    }),
    groupId: s.string({
      optional: true,
      description:
        'The consumer group that is told how far batches are done, for those who watch its lag. By default the name of the job.',
    }),
    maxRatePerPartition: s.number({
      optional: true,
      minimum: 0.001,
      description: 'At most so many messages a second from each partition.',
    }),
    maxRecordsPerBatch: s.integer({
      default: 5_000_000,
      minimum: 1,
      advanced: true,
      description: 'At most about so many messages a batch; partitions take part by how far they are behind.',
    }),
    brokerTimeout: s.duration({
      default: '2m',
      minimum: 1,
      advanced: true,
      description: 'How long a task waits for brokers that are away before its batch fails.',
    }),
    onDataLoss: s.choice(['fail', 'skip'], {
      default: 'fail',
      advanced: true,
      description:
        'What happens if messages have expired before they were read, or a topic was made anew: the batch fails, or goes on behind the gap and a warning says so.',
    }),
  }),
  examples: [
    { title: 'Lines of a topic, from now on', yaml: 'kafka: { brokers: "localhost:9092", topics: events }' },
    {
      title: 'Everything in some topics, as JSON with its key and time',
      yaml: 'kafka: { brokers: "localhost:9092", topics: [orders, returns], from: earliest, format: json, record: full }',
    },
    {
      title: 'With a password, over TLS',
      yaml: 'kafka: { brokers: "a:9093,b:9093", topics: "/^orders-/", ssl: true, sasl: { mechanism: scram-sha-512, username: job, password: "${KAFKA_PASSWORD}" } }',
    },
  ],
  once: 'drains',

  check: configProblems,

  driver: (config, context) => new KafkaDriver(config, context),
  worker: openReader,
});
