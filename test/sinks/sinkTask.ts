import type { SinkContext, SinkTask } from '#src/component/sink.ts';
import { compileFunction } from '#src/function/compile.ts';

/** A task of batch 1000 of the sink `sink 1` in the job `job`; functions see no module and no tables. */
export const sinkTask = (more: Partial<SinkTask> = {}): SinkTask => ({
  time: 1000,
  job: 'job',
  sink: 'sink 1',
  partition: 0,
  attempt: 'a',
  run: 1,
  again: false,
  waits() {},
  compile: (reference) => compileFunction(reference, { exports: {}, tables: {} }),
  ...more,
});

/** What the driver part of that sink is given. */
export const sinkContext: SinkContext = {
  sink: 'sink 1',
  job: 'job',
  log() {},
  consumer() {
    throw new Error('only foreachRDD gets RDDs');
  },
};
