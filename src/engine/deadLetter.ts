import { messageOf } from '../base/errors.ts';
import { type Origin, stepName } from '../plan/plan.ts';

/** What goes to a node's `error` port under `onError: { to: … }`. */
export interface DeadLetter {
  /**
   * What the failing function was given: the record; `{ key, value }` or `{ key, values }` for the functions of a keyed step.
   */
  readonly record: unknown;
  readonly error: string;
  readonly step: string;
  readonly batchTime: number;
}

export const deadLetter = (record: unknown, thrown: unknown, origin: Origin, batchTime: number): DeadLetter => ({
  record,
  error: messageOf(thrown),
  step: stepName(origin),
  batchTime,
});
