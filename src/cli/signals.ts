import { constants } from 'node:os';

export type Signal = 'SIGINT' | 'SIGTERM';

/**
 * The first SIGINT or SIGTERM calls `gracefully`, the next one `atOnce`. A parent process that has opened a channel and is gone counts as
 * SIGTERM. Returns what gives the signals back to the system.
 */
export function onSignals(gracefully: (signal: Signal) => void, atOnce: (signal: Signal) => void): () => void {
  let stopping = false;
  const receive = (signal: Signal): void => {
    if (stopping) atOnce(signal);
    else gracefully(signal);
    stopping = true;
  };
  const orphaned = (): void => receive('SIGTERM');
  process.on('SIGINT', receive).on('SIGTERM', receive).on('disconnect', orphaned);
  return () => process.off('SIGINT', receive).off('SIGTERM', receive).off('disconnect', orphaned);
}

/** The exit code of a process that a signal ended: 130 or 143. */
export const exitCodeOf = (signal: NodeJS.Signals): number => 128 + constants.signals[signal];
