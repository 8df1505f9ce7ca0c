/** Where a job means something else than the same job on Spark Streaming, on purpose: Spark's behaviour, and ours. */
export const betterThanSpark: readonly (readonly [spark: string, here: string])[] = [
  ['An inverse window with slide > length counts the batches of the gap.', 'A true window.'],
  [
    'An inverse window keeps zero keys for ever without a filter; a filter that drops a live key breaks later.',
    'A key leaves when no value of it is left in the window; the filter only hides.',
  ],
  ['`mapWithState` timeouts fire only at checkpoint batches.', 'They fire in every batch.'],
  [
    'After a restart every missed tick runs, as a burst.',
    'Ticks are run if input is assigned to them or a window with a slide of several batches falls due; others are skipped.',
  ],
  [
    'Batches of nothing queue up before a sink that is slower than the batch interval.',
    'While a batch waits for its turn, ticks are skipped in the same way: for those `updateStateByKey` is not called and a window that slides with every batch gives nothing.',
  ],
  [
    'Outputs happen at least once.',
    'Exactly once for `files` and for any sink that can be keyed on job, sink, batch and partition; at least once otherwise, and `validate` says which.',
  ],
  [
    'The file source ignores files that are older than a minute.',
    'Every file that was not yet processed is taken, unless `newOnly`.',
  ],
  [
    'A failing batch is logged and the stream goes on.',
    'The job stops with exit code 1 and resumes at that batch; `onBatchFailure: continue` is Spark’s way.',
  ],
  [
    'A changed program cannot use the old checkpoint.',
    'A stateful step is known by its stream and its number there. Function texts, sinks, stateless steps, `threads`, `partitions` and window lengths may change; another operator, batch interval or slide is refused with both values shown.',
  ],
];
