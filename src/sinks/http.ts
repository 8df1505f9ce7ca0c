import { s } from '../component/settings.ts';
import { defineSink } from '../component/sink.ts';
import { headerProblems, urlProblems } from './http/address.ts';
import { HttpWriter } from './http/writer.ts';

/** `fetch` itself waits for the beginning of an answer no longer, in milliseconds. */
const longestTimeout = 300_000;

export default defineSink({
  summary:
    'Sends the records of a batch to a web server. Each task sends its partition in order, when all of it has been computed: nothing is sent for a task that failed. Every request carries `Idempotency-Key: JOB/SINK/BATCH/PARTITION/NUMBER`, the same whenever it is sent again (at least once: after a failure, requests of the batch that had been taken come again), so a server that remembers keys can take each once. An answer of 408, 425, 429 or 5xx and a failed connection are tried again, with growing pauses, as long as `Retry-After` says but never longer than `retry.max`; any other answer but 2xx fails the batch at once.',
  config: s.object({
    url: s.oneOf([s.fn('record => url', {}), s.string({})], {
      description: 'Where to send to; a function gives it for each record, and records of one URL go together.',
    }),
    method: s.choice(['POST', 'PUT', 'PATCH', 'DELETE'], {
      default: 'POST',
      description: 'The method of the request.',
    }),
    headers: s.map(s.string({}), {
      default: {},
      secret: true,
      description: 'Headers to send, for instance `{ Authorization: "Bearer ${TOKEN}" }`.',
    }),
    body: s.oneOf([s.choice(['lines', 'array'], {}), s.fn('(records, { time, partition, number }) => body', {})], {
      default: 'lines',
      description:
        'A line of JSON for each record, one JSON array, or what a function makes of the list of records: a text and bytes are sent as they are, other values as JSON.',
    }),
    batchSize: s.integer({ default: 100, minimum: 1, description: 'How many records a request has at most.' }),
    timeout: s.duration({
      default: '10s',
      minimum: 1,
      maximum: longestTimeout,
      description: 'How long an answer may take.',
    }),
    retry: s.object(
      {
        attempts: s.integer({ default: 5, minimum: 1, description: 'How often a request is sent at most.' }),
        min: s.duration({
          default: '200ms',
          description: 'The first pause; it doubles each time, and varies by chance.',
        }),
        max: s.duration({ default: '10s', description: 'The longest pause.' }),
      },
      {
        default: { attempts: 5, min: '200ms', max: '10s' },
        advanced: true,
        description: 'What happens when a request fails and may succeed later.',
      },
    ),
  }),
  short: 'url',
  examples: [
    { title: 'JSON lines, a hundred records at a time', yaml: 'http: https://collector.example.org/events' },
    {
      title: 'One message for each record, to a chat',
      yaml: 'http: { url: "${CHAT_WEBHOOK}", batchSize: 1, body: "([alert]) => ({ text: alert.message })" }',
    },
    {
      title: 'Each record to a URL of its own',
      yaml: 'http: { url: "user => `https://api.example.org/users/${user.id}`", method: PUT, batchSize: 1, body: "([user]) => user" }',
    },
  ],

  check: ({ url, headers }) => [...(typeof url === 'string' ? urlProblems(url) : []), ...headerProblems(headers)],

  sendsInTasks: true,

  worker: (config, task) => new HttpWriter(config, task),

  driver: () => ({ async commit() {} }),
});
