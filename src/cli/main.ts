import { CommanderError } from 'commander';
import { toleratesClosedOutput } from './output.ts';
import { program } from './program.ts';

/** Runs one command line and ends the process with its exit code: 0, 1, 2, 3, or 130 and 143 for a forced end. */
export async function main(args: readonly string[]): Promise<void> {
  toleratesClosedOutput();
  const code = await exitCodeOf(args);
  await flushed();
  process.exit(code);
}

async function exitCodeOf(args: readonly string[]): Promise<number> {
  try {
    let code = 0;
    await program((result) => {
      code = result;
    }).parseAsync(args, { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    return (await import('./reportError.ts')).reportError(error);
  }
}

/** `process.exit` drops what a pipe has not taken yet, where writing to pipes is asynchronous. */
const flushed = (): Promise<unknown> =>
  Promise.all([process.stdout, process.stderr].map((stream) => new Promise((done) => stream.write('', done))));
