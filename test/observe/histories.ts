import type { Partition } from '#src/component/source.ts';
import type { JobHistory } from '#src/observe/history.ts';
import type { Plan } from '#src/plan/plan.ts';

export const plan: Plan = {
  version: 1,
  name: 'a job',
  batchInterval: 1000,
  keyHash: 'murmur3-32',
  keyGroups: 256,
  nodes: [
    { id: 0, kind: 'source', config: {}, origin: { name: 'lines', component: 'socket' } },
    { id: 1, kind: 'sink', config: {}, input: { from: 0, port: 'out' }, origin: { name: 'shown', component: 'print' } },
  ],
};

export const twoSinks: Plan = {
  ...plan,
  nodes: [
    ...plan.nodes,
    { id: 2, kind: 'sink', config: {}, input: { from: 0, port: 'out' }, origin: { name: 'kept', component: 'files' } },
  ],
};

/** A batch from its beginning to its end. */
export function ran(history: JobHistory, time: number, error?: unknown, input: readonly Partition[] = []): void {
  const batch = { batchTime: time, submissionTime: time, inputs: new Map([[0, input]]) };
  history.batchSubmitted(batch);
  history.batchStarted({ ...batch, processingStartTime: time + 1 });
  const records = new Map([[0, 7]]);
  history.batchCompleted({ ...batch, processingEndTime: time + 5, ...(error ? { error } : { recordsIn: records }) });
}
