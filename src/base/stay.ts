import { AsyncLocalStorage } from 'node:async_hooks';

/**
 * Runs a function of the user on the main thread, where `process.exit` would end the job as if all were well: in whatever the function does,
 * now or later, it throws instead.
 */
export function staying<T>(work: () => T): T {
  refuseExit();
  return underWay.run(true, work);
}

const underWay = new AsyncLocalStorage<true>();
let refused = false;

function refuseExit(): void {
  if (refused) return;
  refused = true;
  const exit = process.exit.bind(process);
  process.exit = (code) => {
    if (!underWay.getStore()) return exit(code);
    throw new Error(`process.exit(${code ?? ''}) was called; a function of the job must leave the process alone`);
  };
}
