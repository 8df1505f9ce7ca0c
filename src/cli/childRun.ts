import { type ChildProcess, spawn } from 'node:child_process';
import { exitCodeOf, type Signal } from './signals.ts';

/**
 * A run of a job in a process of its own, which has our input, output and environment. It gets no Ctrl-C from the terminal, only
 * what is passed on; and it stops gracefully when this process is gone.
 */
export class ChildRun {
  readonly #process: ChildProcess;
  /** The exit code. */
  readonly ended: Promise<number>;

  constructor(args: readonly string[]) {
    this.#process = spawn(process.execPath, [...process.execArgv, process.argv[1]!, ...args], {
      stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
      detached: true,
    });
    this.ended = new Promise((ended, failed) => {
      this.#process.once('error', failed);
      this.#process.once('exit', (code, signal) => ended(code ?? (signal ? exitCodeOf(signal) : 1)));
    });
  }

  pass(signal: Signal): void {
    this.#process.kill(signal);
  }
}
