import type { ConfigProblem } from '../component/checkContext.ts';
import { framingSettings } from '../component/delimited.ts';
import { s } from '../component/settings.ts';
import { defineSource } from '../component/source.ts';
import { HttpReceiver } from './http/receiver.ts';

export default defineSource({
  summary:
    'Records that others send with POST requests: webhooks, `curl`, log shippers. A body holds records as the format says, lines for instance; with `format: json` a body of the type `application/json` may also be one list, of records, or one value. The answer is 200 once the records are safe, at most about a `blockInterval` later: on the disk if the job has a checkpoint, else in the memory of the job; a sender that gets another answer or none has to send again, and may then be counted twice. Other answers: 400 the body is refused, with the reason; 401 the token is missing or wrong; 404, 405 another path or method; 413 too large; 415 an unknown `Content-Encoding` (gzip and deflate are known); 429 memory is full, 503 the job is stopping, both with `Retry-After`.',
  config: s.object({
    port: s.integer({
      minimum: 0,
      maximum: 65535,
      description: 'The port to listen on; 0 lets the system choose one, and the source says which.',
    }),
    host: s.string({
      default: 'localhost',
      description: 'The address to listen on; `0.0.0.0` listens on all.',
    }),
    path: s.string({ default: '/', description: 'The path that is sent to; a query behind it is ignored.' }),
    ...framingSettings,
    onInvalid: s.choice(['refuse', 'accept'], {
      default: 'refuse',
      description:
        'What happens to a body with a record that is not of the format: `refuse` answers 400 and takes nothing of it, `accept` leaves that record to the source’s `onError`.',
    }),
    token: s.string({
      optional: true,
      secret: true,
      description: 'Take only requests with the header `Authorization: Bearer TOKEN`.',
    }),
    maxBodyBytes: s.size({ default: '10MB', minimum: 1, description: 'The largest body, after decompression.' }),
  }),
  short: 'port',
  examples: [
    { title: '`curl --data-binary @app.log localhost:8080`', yaml: 'http: 8080' },
    {
      title: 'A webhook that only those who know the token can call',
      yaml: 'http: { host: 0.0.0.0, port: 8080, path: /events, format: json, token: "${TOKEN}" }',
    },
  ],
  once: 'refused',

  check: ({ path }) => (path.startsWith('/') ? [] : [badPath(path)]),

  receiver: (config, context) => new HttpReceiver(config, context),
});

const badPath = (path: string): ConfigProblem => ({
  setting: 'path',
  message: `The path ${JSON.stringify(path)} does not begin with a slash.`,
  remedy: `Write \`path: /${path}\`.`,
});
