import { StreamjobError } from '../../base/errors.ts';

/**
 * What the class of a `receiver` source may extend, for its types: any class with `onStart` and `onStop` will do, and is
 * given the other methods when it is started.
 */
export abstract class Receiver<T = unknown> {
  /** Begins to receive. It may be async, and go on until `isStopped()`; what it throws ends the job. */
  abstract onStart(): void | Promise<void>;

  /** Ends what onStart has begun. What is stored until it is done still counts. */
  abstract onStop(): void | Promise<void>;

  /** Takes a record. Who waits for the promise pauses while memory is full. */
  store(_record: T): Promise<void> {
    throw notStarted();
  }

  /** Takes records, all or none. The promise resolves when they are in a block that was handed over. */
  storeAll(_records: Iterable<T>): Promise<void> {
    throw notStarted();
  }

  /** Shows an error to the user; nothing else happens. */
  reportError(_message: string, _error?: unknown): void {
    throw notStarted();
  }

  /** Calls onStop and, after a pause of so many milliseconds, onStart. */
  restart(_message: string, _error?: unknown, _delay?: number): void {
    throw notStarted();
  }

  /** Calls onStop. The source is at its end; with an error, so is the job. */
  stop(_message: string, _error?: unknown): void {
    throw notStarted();
  }

  isStarted(): boolean {
    return false;
  }

  isStopped(): boolean {
    return true;
  }
}

const notStarted = (): StreamjobError =>
  new StreamjobError('bad-context', 'A receiver can store records only in a job that has started it.', {
    remedy: 'Name its class in a `receiver` source, and store records from onStart on.',
  });
