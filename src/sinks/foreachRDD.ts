import { s } from '../component/settings.ts';
import { defineSink } from '../component/sink.ts';
import { WireWriter } from '../plan/wire.ts';

export default defineSink({
  summary:
    'Calls a function with the RDD of each batch, empty ones too, for whatever has no sink. It runs on the driver, may be async, and is waited for before the batch is done. Beside the methods of `transform`, the RDD has the actions `collect() take(n) first() count() isEmpty() reduce(f) top(n, by) countByValue() forEach(f) saveAsTextFile(path)`, which give promises. After a failure it is called again for the same batch, also if it did its work: `time`, the batch’s time in milliseconds, is then the same, so use it to write each batch only once.',
  config: s.object({
    fn: s.fn('(rdd, time, context) => …', { description: 'What to do with each batch.', async: true }),
  }),
  short: 'fn',
  examples: [
    {
      title: 'The number of records, on standard error',
      yaml: "foreachRDD: 'async (rdd, time) => console.error(time, await rdd.count())'",
    },
    { title: 'A function of the module', yaml: 'foreachRDD: saveToDatabase' },
  ],

  worker() {
    const writer = new WireWriter();
    return {
      write: (record) => writer.write(record),
      close: () => ({ bytes: writer.bytes() }),
    };
  },

  driver({ fn }, { consumer }) {
    const consume = consumer(fn);
    return {
      commit: (time, messages) =>
        consume(
          messages.map(({ bytes }) => bytes as Uint8Array),
          time,
        ),
    };
  },
});
