import type { ConfigProblem } from '../component/checkContext.ts';
import { framingSettings } from '../component/delimited.ts';
import { s } from '../component/settings.ts';
import { defineSource } from '../component/source.ts';
import { Connector } from './socket/connector.ts';
import { Listener } from './socket/listener.ts';

export default defineSource({
  summary:
    'Records that come over TCP. It connects, as Spark does, and connects again when the peer goes away; or, with `listen: true`, it takes any number of clients at once. What was received and not yet worked off is lost if the process is killed.',
  config: s.object({
    host: s.string({
      default: 'localhost',
      description: 'The host to connect to, or the address to listen on; `0.0.0.0` listens on all.',
    }),
    port: s.integer({
      minimum: 0,
      maximum: 65535,
      description: 'The port; 0 lets a listening source choose one, and it says which.',
    }),
    listen: s.boolean({ default: false, description: 'Wait for clients instead of connecting.' }),
    ...framingSettings,
    reconnect: s.object(
      {
        min: s.duration({
          default: '1s',
          description: 'The first pause before connecting again; it doubles each time.',
        }),
        max: s.duration({ default: '30s', description: 'The longest pause.' }),
      },
      { default: { min: '1s', max: '30s' }, advanced: true, description: 'How long to wait before connecting again.' },
    ),
  }),
  short: 'port',
  examples: [
    { title: 'Lines typed into `nc -lk 9999`', yaml: 'socket: 9999' },
    { title: 'Whatever is sent with `nc HOST 9999`', yaml: 'socket: { host: 0.0.0.0, port: 9999, listen: true }' },
    { title: 'JSON lines of a server', yaml: 'socket: { host: feed.example.org, port: 7000, format: json }' },
  ],
  once: 'refused',

  check: ({ listen, port }) => (listen || port > 0 ? [] : [noPort]),

  receiver: (config, context) => (config.listen ? new Listener(config, context) : new Connector(config, context)),
});

const noPort: ConfigProblem = {
  setting: 'port',
  message: 'There is nothing to connect to at port 0.',
  remedy: 'Name the port of the server, or set `listen: true`: then 0 lets the system choose one.',
};
