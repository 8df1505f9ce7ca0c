import type { Journal } from '../checkpoint/journal.ts';

/** Planning goes on while earlier batches become done, but a journal takes one call at a time. */
export function oneCallAtATime(journal: Journal): Journal {
  let last: Promise<unknown> = Promise.resolve();
  const next = <T>(call: () => Promise<T>): Promise<T> => {
    const result = last.then(call);
    last = result.catch(() => undefined);
    return result;
  };
  return {
    open: (plan) => next(() => journal.open(plan)),
    planned: (batch, memory) => next(() => journal.planned(batch, memory)),
    done: (time, succeeded, kept) => next(() => journal.done(time, succeeded, kept)),
    synced: () => next(() => journal.synced()),
    check: (shows) => next(() => journal.check(shows)),
    close: () => next(() => journal.close()),
  };
}
