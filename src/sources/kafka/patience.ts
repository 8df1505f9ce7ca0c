import { setTimeout as sleep } from 'node:timers/promises';
import { mayHeal } from '../../kafka/errors.ts';

const firstWait = 100;
const longestWait = 5000;

export interface PatienceOptions {
  /** For so long, in milliseconds. */
  readonly limit: number;
  /** Told what is waited for, each time. */
  waiting?(error: Error): void;
  readonly signal?: AbortSignal;
}

/** Calls again, with growing waits, while what fails may heal. Rejects with the last error. */
export async function patiently<T>(call: () => Promise<T>, { limit, waiting, signal }: PatienceOptions): Promise<T> {
  const end = Date.now() + limit;
  for (let wait = firstWait; ; wait = Math.min(2 * wait, longestWait)) {
    try {
      return await call();
    } catch (error) {
      if (!mayHeal(error) || Date.now() >= end || signal?.aborted) throw error;
      waiting?.(error as Error);
    }
    await sleep(Math.min(wait, Math.max(1, end - Date.now())), undefined, { signal }).catch(() => undefined);
  }
}
