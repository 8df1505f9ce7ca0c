import { s } from '../component/settings.ts';
import { defineSource } from '../component/source.ts';
import { UserReceiver } from './receiver/host.ts';

export default defineSource({
  summary:
    'Records from a class of your own in the `functions` module, as Spark’s custom receivers. It is made with `options` and needs the methods `onStart()`, which begins to receive and may be async, and `onStop()`. It is given the methods `store(record)`, which takes one record and gives a promise to wait for while memory is full; `storeAll(records)`, whose promise resolves when they are safe, on the disk if the job has a checkpoint; `reportError(message, error?)`; `restart(message, error?, delay?)`, which calls onStop and, after so many milliseconds, onStart; `stop(message, error?)`, which ends the source, and the job if no other one receives, or with an error the job at once; `isStarted()` and `isStopped()`. It runs on a thread of its own, beside all other receivers, and must not block it.',
  config: s.object({
    class: s.fn('class', { description: 'The name of a class that the functions module exports.' }),
    options: s.json({ default: {}, description: 'What its constructor is given.' }),
    restartDelay: s.duration({ default: '2s', advanced: true, description: 'The pause of a restart that names none.' }),
  }),
  short: 'class',
  examples: [
    {
      title:
        'With `export class Ticker { onStart() { this.timer = setInterval(() => this.store(Date.now()), 100); } onStop() { clearInterval(this.timer); } }`',
      yaml: 'receiver: Ticker',
    },
    { title: 'With options', yaml: 'receiver: { class: Feed, options: { topic: news, key: "${FEED_KEY}" } }' },
  ],
  once: 'refused',

  receiver: (config, context) => new UserReceiver(config, context),
});
