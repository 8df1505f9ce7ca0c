import { s } from '../component/settings.ts';
import { defineSink } from '../component/sink.ts';
import { WireWriter } from '../plan/wire.ts';

export default defineSink({
  summary:
    'Hands the records of each partition to the driver part that a test puts in place, as `{ bytes }` in the wire format.',
  config: s.object({}),
  examples: [{ title: 'In tests only', yaml: 'collect: {}' }],
  hidden: true,

  worker() {
    const writer = new WireWriter();
    return {
      write: (record) => writer.write(record),
      close: () => ({ bytes: writer.bytes() }),
    };
  },

  driver: () => ({ async commit() {} }),
});
