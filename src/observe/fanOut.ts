import { messageOf } from '../base/errors.ts';
import type { JobListener } from './events.ts';

/**
 * One listener for all of these. What one of them throws reaches neither the job nor the others: the first time it is told to all
 * as a warning.
 */
export function toAll(listeners: readonly JobListener[]): Required<JobListener> {
  const complained = new Set<JobListener>();
  const complain = (listener: JobListener, thrown: unknown): void => {
    if (complained.has(listener)) return;
    complained.add(listener);
    tell('log', { level: 'warn', message: `a listener of the job failed: ${messageOf(thrown)}` });
  };
  const tell = <Name extends keyof JobListener>(name: Name, event: Event<Name>): void => {
    for (const listener of listeners) {
      try {
        (listener[name] as ((event: Event<Name>) => void) | undefined)?.call(listener, event);
      } catch (thrown) {
        complain(listener, thrown);
      }
    }
  };
  return {
    started: (event) => tell('started', event),
    receiver: (event) => tell('receiver', event),
    listing: (event) => tell('listing', event),
    sink: (event) => tell('sink', event),
    batchSubmitted: (event) => tell('batchSubmitted', event),
    batchStarted: (event) => tell('batchStarted', event),
    stageCompleted: (event) => tell('stageCompleted', event),
    outputStarted: (event) => tell('outputStarted', event),
    outputCompleted: (event) => tell('outputCompleted', event),
    batchCompleted: (event) => tell('batchCompleted', event),
    log: (event) => tell('log', event),
    stopping: (event) => tell('stopping', event),
  };
}

type Event<Name extends keyof JobListener> = Parameters<NonNullable<JobListener[Name]>>[0];
