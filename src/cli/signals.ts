import { constants } from 'node:os';

export type Signal = 'SIGINT' | 'SIGTERM';

/**
 * The first SIGINT or SIGTERM calls `gracefully`, the next one `atOnce`. Returns what gives the signals back to the system.
 */
export function onSignals(gracefully: (signal: Signal) => void, atOnce: (signal: Signal) => void): () => void {
  let stopping = false;
  const receive = (signal: Signal): void => {
    if (stopping) atOnce(signal);
    else gracefully(signal);
    stopping = true;
  };
  process.on('SIGINT', receive).on('SIGTERM', receive);
  return () => process.off('SIGINT', receive).off('SIGTERM', receive);
}

/** The exit code of a process that a signal ended: 130 or 143. */
export const exitCodeOf = (signal: Signal): number => 128 + constants.signals[signal];
