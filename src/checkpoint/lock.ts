import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import {
  closeSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { StreamjobError } from '../base/errors.ts';
import { isAlive, type ProcessIdentity, thisProcess } from './processIdentity.ts';

/** What stands in the file: who holds the lock, or, without a holder, who had it last. */
export interface LockContent {
  /** Grows with every start. */
  readonly epoch: number;
  /** Tells this start from all others. */
  readonly token: string;
  readonly holder?: Holder;
}

export interface Holder extends ProcessIdentity {
  readonly host: string;
  readonly job: string;
  /** An ISO time. */
  readonly since: string;
}

/**
 * Holds a checkpoint for one process: by a lock of the kernel on an open file, which is free as soon as the process is gone, however it
 * went; where there is no flock(1), by the file's content, which names a process that can be seen to be alive.
 */
export class Lock {
  readonly #path: string;
  readonly #content: LockContent;
  #file: number | undefined;

  private constructor(path: string, file: number, content: LockContent) {
    this.#path = path;
    this.#file = file;
    this.#content = content;
  }

  get epoch(): number {
    return this.#content.epoch;
  }

  /** Throws StreamjobError `checkpoint-locked`, naming who holds it. */
  static take(path: string, job: string): Lock {
    for (;;) {
      const file = openSync(path, 'a+', 0o600);
      try {
        requireFree(path, file);
        if (isStillNamed(path, file)) return Lock.#own(path, file, job);
      } catch (error) {
        closeSync(file);
        throw error;
      }
      closeSync(file);
    }
  }

  static #own(path: string, file: number, job: string): Lock {
    const { epoch = 0 } = readLock(path) ?? {};
    const holder = { ...thisProcess(), host: hostname(), job, since: new Date().toISOString() };
    const content = { epoch: epoch + 1, token: randomUUID(), holder };
    write(file, content);
    return new Lock(path, file, content);
  }

  /** Throws StreamjobError `checkpoint-locked` if another process has been let in since. */
  check(): void {
    const now = readLock(this.#path);
    if (now?.token === this.#content.token) return;
    const who = now?.holder ? describe(now.holder) : 'somebody';
    throw new StreamjobError('checkpoint-locked', `This job has lost its checkpoint: ${who} has taken it over.`, {
      remedy: 'Nothing more is committed here. Let only one process run the job.',
    });
  }

  release(): void {
    if (this.#file === undefined) return;
    const { epoch, token } = this.#content;
    if (isStillNamed(this.#path, this.#file)) write(this.#file, { epoch, token });
    closeSync(this.#file);
    this.#file = undefined;
  }
}

/** Lets the next process in, whoever holds the lock: the holder finds out before it commits anything more. */
export function breakLock(path: string): void {
  const { epoch = 0 } = readLock(path) ?? {};
  writeFileSync(`${path}.new`, JSON.stringify({ epoch: epoch + 1, token: randomUUID() }), { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

/** Undefined if there is none, or none that can be read. */
export function readLock(path: string): LockContent | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as LockContent;
  } catch {
    return undefined;
  }
}

/** Who holds the lock, as far as can be seen from here: a process of this host that died without letting go does not. */
export function holderOf(path: string): Holder | undefined {
  const holder = readLock(path)?.holder;
  return holder && (holder.host !== hostname() || isAlive(holder)) ? holder : undefined;
}

export const describe = ({ pid, host, job, since }: Holder): string =>
  `process ${pid} on ${host} (job ${job}, since ${since})`;

/** Who is of another host cannot be asked; its kernel's locks may not be seen here. */
function requireFree(path: string, file: number): void {
  const held = flock(file);
  const holder = readLock(path)?.holder;
  if (held !== 'held' && holder && holder.host !== hostname()) throw locked(path, holder, otherHost);
  if (held === 'held' || (held === 'unknown' && holder && isAlive(holder))) throw locked(path, holder, sameHost);
}

/** Tries to lock the open file; the lock lasts as long as this process has it open. */
function flock(file: number): 'free' | 'held' | 'unknown' {
  const { status, error } = spawnSync('flock', ['-n', '-x', '3'], { stdio: ['ignore', 'ignore', 'ignore', file] });
  if (error || (status !== 0 && status !== 1)) return 'unknown';
  return status === 0 ? 'free' : 'held';
}

const sameHost = 'Wait for it to end, or stop it. With --skip-if-running this process ends quietly.';
const otherHost = 'If that process is gone for good, run `streamjob checkpoint unlock` on the directory.';

function locked(path: string, holder: Holder | undefined, remedy: string): StreamjobError {
  const who = holder ? describe(holder) : 'another process';
  return new StreamjobError('checkpoint-locked', `${path} is held by ${who}.`, { remedy });
}

/** A lock that was broken meanwhile is another file. */
function isStillNamed(path: string, file: number): boolean {
  const now = statSync(path, { throwIfNoEntry: false });
  return now?.ino === fstatSync(file).ino;
}

function write(file: number, content: LockContent): void {
  ftruncateSync(file);
  writeSync(file, `${JSON.stringify(content)}\n`);
}
