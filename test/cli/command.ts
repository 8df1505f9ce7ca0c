import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

export const root = fileURLToPath(new URL('../../', import.meta.url));
export const bin = join(root, 'bin/streamjob.js');

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A running command, ended with the test at the latest. */
export class Command {
  readonly process: ChildProcessWithoutNullStreams;
  readonly ended: Promise<Ended>;
  stdout = '';
  stderr = '';

  constructor(file: string, args: readonly string[], options: { cwd?: string; env?: NodeJS.ProcessEnv } = {}) {
    const env = { ...process.env, ...options.env };
    this.process = spawn(file, args, { cwd: options.cwd ?? root, env });
    this.process.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
    });
    this.process.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    this.process.stdin.on('error', () => {});
    this.ended = once(this.process, 'close').then(([code, signal]) => ({
      code,
      signal,
      stdout: this.stdout,
      stderr: this.stderr,
    }));
    onTestFinished(() => {
      this.process.kill('SIGKILL');
    });
  }

  /** Resolves as soon as the pattern is in what the command wrote there; rejects if it ends, or is silent, before. */
  seen(stream: 'stdout' | 'stderr', pattern: RegExp, deadline = 120_000): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        if (pattern.test(this[stream])) settle(resolve);
      };
      const fail = (why: string) => () =>
        settle(() => reject(new Error(`${pattern} is not in ${stream}, ${why}.\n${this.stdout}\n${this.stderr}`)));
      const settle = (end: () => void): void => {
        clearTimeout(timer);
        this.process[stream].off('data', look);
        end();
      };
      const timer = setTimeout(fail(`after ${deadline} ms`), deadline);
      this.process[stream].on('data', look);
      this.process.once('close', () =>
        pattern.test(this[stream]) ? settle(resolve) : fail('and the command ended')(),
      );
      look();
    });
  }
}

export const start = (args: readonly string[], options?: { cwd?: string; env?: NodeJS.ProcessEnv }): Command =>
  new Command(process.execPath, [bin, ...args], options);

/** Resolves when a job that is run with `-v` has done so many batches more. */
export async function goesOn(job: Command, more: number): Promise<void> {
  const wanted = batches(job) + more;
  while (batches(job) < wanted) await once(job.process.stderr, 'data', { signal: AbortSignal.timeout(120_000) });
}

const batches = ({ stderr }: Command): number => stderr.split('batch 2').length;

/** Runs `streamjob` to its end, with this text as its standard input. */
export function streamjob(
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv; input?: string } = {},
): Promise<Ended> {
  const command = start(args, options);
  command.process.stdin.end(options.input ?? '');
  return command.ended;
}

/** A directory with these files, gone after the test is nobody's concern: it is in the system's temporary folder. */
export function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'streamjob-'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

/**
 * A port that was free a moment ago. Below those that the system gives to outgoing connections, which other tests make all the
 * time: one of them could take it.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(10_000, 32_768);
    const server = createServer().listen(port, '127.0.0.1');
    const isFree = await once(server, 'listening').then(
      () => true,
      () => false,
    );
    await new Promise((closed) => server.close(closed));
    if (isFree) return port;
  }
}

/** The records that `print` showed, without its frame. */
export const printed = (stdout: string): readonly string[] =>
  stdout.split('\n').filter((line) => line !== '' && !/^-{43}$|^Time: /.test(line));
