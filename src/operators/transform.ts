import { defineOperator } from '../component/operator.ts';
import { s } from '../component/settings.ts';

export default defineOperator({
  summary:
    'Gives the RDD that a function makes of the batch’s RDD: for what has no step. The function runs once for each batch, on the driver; it runs nothing, but says what is to be run: `map flatMap filter mapPartitions glom keyBy keys values mapValues flatMapValues groupByKey reduceByKey combineByKey distinct sortBy sortByKey repartition union join leftOuterJoin rightOuterJoin fullOuterJoin cogroup subtractByKey` and, for any other step of a batch, `step(name, settings)`, mean what the steps mean; `context` has `parallelize(list, partitions)`, `textFile(path)`, `union(rdds)` and `emptyRDD()`. Functions given to an RDD travel to the workers as text: what they use from outside, such as the batch’s time in milliseconds, goes along as an object, `rdd.map(x => [time, x], { time })`, but for exports of the functions module that are named in the job file. After a failure the function is called again for the same batch.',
  group: 'per batch',
  takes: 'records',
  config: s.object({
    transform: s.fn('(rdd, time, context) => rdd', { description: 'Gives the new RDD.' }),
    with: s.list(s.stream({}), {
      description: 'Further streams: the function then gets the list of all RDDs, this stream’s first.',
      optional: true,
      advanced: true,
    }),
  }),
  short: 'transform',
  examples: [
    {
      title: 'Without those on a list',
      yaml: "transform: |\n  (rdd, time, context) => rdd.subtractByKey(context.parallelize([['eve', true]]))",
      given: [
        [
          ['ann', 'tea'],
          ['eve', 'milk'],
        ],
        [],
      ],
      expect: [[['ann', 'tea']], []],
    },
    {
      title: 'With the time of the batch',
      yaml: 'transform: "(rdd, time) => rdd.map(word => [word, time / 1000], { time })"',
      given: [['a'], ['b']],
      expect: [[['a', 1]], [['b', 2]]],
    },
  ],
  build: (plan, input, { transform, with: others }) =>
    plan.transform({
      inputs: [input, ...(others ?? [])],
      fn: transform,
      as: others ? 'list' : 'arguments',
    }),
});
