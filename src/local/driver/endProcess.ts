import { writeSync } from 'node:fs';
import { endBySignal } from '../../base/endBySignal.ts';

/** Says why on standard error, at once, and ends the process. */
export function endProcess(why: string): void {
  try {
    writeSync(2, `${why}\n`);
  } catch {
    // Nobody reads standard error any more.
  }
  endBySignal('SIGTERM');
}
