import { Worker } from 'node:worker_threads';
import { staying } from './stay.ts';

/**
 * Guards functions of the user that run on the main thread, where nobody could end them: while one of them is under way and
 * the thread does not get to anything else for the time that is allowed, the process is ended with exit code 1. The guard
 * is a thread of its own, begun with the first function. One that calls `process.exit` fails.
 */
export async function guarded<T>(limit: number, why: string, work: () => T | Promise<T>): Promise<T> {
  const end = begin(limit, why);
  try {
    return await staying(work);
  } finally {
    end();
  }
}

/** As `guarded`, for work that gives its result at once. */
export function guardedCall<T>(limit: number, why: string, work: () => T): T {
  const end = begin(limit, why);
  try {
    return staying(work);
  } finally {
    end();
  }
}

/** Milliseconds that are counted at a time. A process that was suspended has lost one of them, and not the whole while. */
const step = 100;

/** Counts while the thread gets to its timers. */
const beats = new Int32Array(new SharedArrayBuffer(4));
let guard: Worker | undefined;
let running = 0;
let calls = 0;
let heart: NodeJS.Timeout | undefined;

function begin(limit: number, why: string): () => void {
  const id = ++calls;
  guard ??= startGuard();
  guard.postMessage({ id, limit, why });
  if (running++ === 0) heart = setInterval(() => void Atomics.add(beats, 0, 1), step).unref();
  return () => {
    guard!.postMessage({ id });
    if (--running === 0) clearInterval(heart);
  };
}

/** The thread must not keep the process from ending. */
function startGuard(): Worker {
  const worker = new Worker(`(${watch})()`, { eval: true, workerData: { beats, step }, name: 'streamjob watchdog' });
  worker.unref();
  return worker;
}

/**
 * What the thread runs; its text must stand alone. It stops the main thread as a debugger does, since only there the process
 * can be ended with a code. Where that is not reached, in a system call, only a signal is left.
 */
function watch(): void {
  const { parentPort, workerData } = process.getBuiltinModule('node:worker_threads');
  const { closeSync, writeSync } = process.getBuiltinModule('node:fs');
  const { beats, step } = workerData as { beats: Int32Array; step: number };
  const calls = new Map<number, { limit: number; why: string }>();
  let seen = 0;
  let still = 0;
  parentPort!.on('message', ({ id, limit, why }: { id: number; limit?: number; why?: string }) => {
    if (limit === undefined || why === undefined) calls.delete(id);
    else calls.set(id, { limit, why });
    still = 0;
  });
  setInterval(() => {
    const beat = Atomics.load(beats, 0);
    still = beat === seen && calls.size > 0 ? still + step : 0;
    seen = beat;
    const last = [...calls.values()].at(-1);
    if (!last || still < last.limit) return;
    calls.clear();
    tell(last.why);
    endMainThread();
  }, step);

  function tell(why: string): void {
    try {
      writeSync(2, `${why}\n`);
      // Node would write there that it waits for a debugger.
      closeSync(2);
    } catch {
      // Nobody reads standard error any more.
    }
  }

  function endMainThread(): void {
    const kill = () => process.kill(process.pid, 'SIGKILL');
    try {
      const { Session } = process.getBuiltinModule('node:inspector');
      const session = new Session();
      setTimeout(kill, 5_000);
      session.connectToMainThread();
      session.on('Debugger.paused', () => session.post('Runtime.evaluate', { expression: 'process.reallyExit(1)' }));
      session.post('Debugger.enable');
      session.post('Debugger.pause');
    } catch {
      kill();
    }
  }
}
