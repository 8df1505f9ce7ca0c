import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StreamjobError } from '../../base/errors.ts';

/** The kernel's limit of a socket's path on all systems that matter, in bytes. */
const longestPath = 103;

/**
 * Where jobs of this user may have sockets, the place of choice first. `STREAMJOB_RUN_DIR` says it in place of all others; it may be a
 * link, as systemd makes one for a service with a user of its own.
 */
export function runDirectories(env: NodeJS.ProcessEnv = process.env): readonly string[] {
  const said = env.STREAMJOB_RUN_DIR;
  if (said) return [existsSync(said) ? realpathSync(said) : said];
  const shared = join(tmpdir(), `streamjob-${userId()}`);
  return env.XDG_RUNTIME_DIR ? [join(env.XDG_RUNTIME_DIR, 'streamjob'), shared] : [shared];
}

/** The path for a new socket, in a directory that only this user can enter. Throws StreamjobError `port-taken` if there is none. */
export function newSocketPath(env: NodeJS.ProcessEnv = process.env): string {
  const reasons: string[] = [];
  for (const directory of runDirectories(env)) {
    const path = join(directory, `${process.pid}-${randomBytes(3).toString('hex')}.sock`);
    const reason = Buffer.byteLength(path) > longestPath ? `${path} is too long for a socket` : unfit(directory);
    if (reason === undefined) return path;
    reasons.push(reason);
  }
  throw new StreamjobError('port-taken', `There is no place for a socket: ${reasons.join('; ')}.`, {
    remedy: 'Set STREAMJOB_RUN_DIR to a directory of yours with a short path and mode 0700.',
  });
}

/** Why the directory cannot be used, after an attempt to make it. A directory of somebody else could hold sockets of theirs. */
function unfit(directory: string): string | undefined {
  try {
    mkdirSync(directory, { mode: 0o700 });
    chmodSync(directory, 0o700);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') return (error as Error).message;
  }
  return isPrivate(directory) ? undefined : `${directory} is not a directory that only you can enter`;
}

function isPrivate(directory: string, ofAnybody = false): boolean {
  const found = lstatSync(directory, { throwIfNoEntry: false });
  return found?.isDirectory() === true && (ofAnybody || found.uid === userId()) && (found.mode & 0o077) === 0;
}

/** All sockets that are there, of jobs that may have ended. Root may look into the directory of somebody else, if told to. */
export const socketPaths = (env: NodeJS.ProcessEnv = process.env): readonly string[] =>
  runDirectories(env)
    .filter((directory) => isPrivate(directory, userId() === 0 && Boolean(env.STREAMJOB_RUN_DIR)))
    .flatMap((directory) => readdirSync(directory).map((name) => join(directory, name)))
    .filter((path) => path.endsWith('.sock'));

const userId = (): number => process.getuid?.() ?? 0;
