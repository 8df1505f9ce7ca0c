import { setTimeout as sleep } from 'node:timers/promises';
import { mayHeal } from './errors.ts';

const firstWait = 100;
const longestWait = 5000;

export interface PatienceOptions {
  /** For so long from the beginning, in milliseconds, for what may heal; or for so much longer as the function says of an error. */
  readonly limit: number | ((error: unknown) => number);
  /** Told what is waited for, each time. */
  waiting?(error: Error): void;
  readonly signal?: AbortSignal;
}

/** Calls again, with growing waits, while what fails may heal. Rejects with the last error. */
export async function patiently<T>(call: () => Promise<T>, { limit, waiting, signal }: PatienceOptions): Promise<T> {
  const begin = Date.now();
  const leftOf =
    typeof limit === 'number' ? (error: unknown) => (mayHeal(error) ? begin + limit - Date.now() : 0) : limit;
  for (let wait = firstWait; ; wait = Math.min(2 * wait, longestWait)) {
    let left = 0;
    try {
      return await call();
    } catch (error) {
      left = leftOf(error);
      if (left <= 0 || signal?.aborted) throw error;
      waiting?.(error as Error);
    }
    await sleep(Math.min(wait, left), undefined, { signal }).catch(() => undefined);
  }
}
