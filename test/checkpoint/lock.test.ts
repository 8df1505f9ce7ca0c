import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { StreamjobError } from '#src/base/errors.ts';
import { breakLock, Lock, readLock } from '#src/checkpoint/lock.ts';
import { isAlive, thisProcess } from '#src/checkpoint/processIdentity.ts';

let path: string;
beforeEach(() => {
  path = join(mkdtempSync(join(tmpdir(), 'streamjob-')), 'lock');
});

function take(job = 'job'): Lock {
  const lock = Lock.take(path, job);
  onTestFinished(() => lock.release());
  return lock;
}

function refusal(work: () => unknown): StreamjobError {
  try {
    work();
  } catch (error) {
    if (error instanceof StreamjobError) return error;
    throw error;
  }
  throw new Error('it was not refused');
}

const holder = { ...thisProcess(), host: hostname(), job: 'job', since: '2026-01-01T00:00:00.000Z' };
const write = (content: object) => writeFileSync(path, JSON.stringify({ epoch: 7, token: 'theirs', ...content }));

/** As on a machine without flock(1). */
function withoutFlock(): void {
  const { PATH } = process.env;
  process.env.PATH = '';
  onTestFinished(() => {
    process.env.PATH = PATH;
  });
}

describe.each([
  ['flock(1)', () => undefined],
  ['the name of the holder', withoutFlock],
])('a lock by %s', (_, setUp) => {
  beforeEach(setUp);

  test('is held by one, who is named, until it is released', () => {
    const lock = take();
    expect(lock.epoch).toBe(1);
    const error = refusal(() => take('another'));
    expect(error).toMatchObject({ code: 'checkpoint-locked', exitCode: 3 });
    expect(error.message).toContain(`process ${process.pid} on ${hostname()} (job job, since `);
    lock.check();
    lock.release();
    expect(readLock(path)).toMatchObject({ epoch: 1 });
    expect(take().epoch).toBe(2);
  });

  test('of another host is held until it is broken', () => {
    write({ holder: { ...holder, host: 'elsewhere' } });
    expect(refusal(() => take()).remedy).toContain('checkpoint unlock');
    breakLock(path);
    expect(take().epoch).toBe(9);
  });

  test('that was broken lets another in, and its holder can commit nothing more', () => {
    const first = take();
    breakLock(path);
    expect(refusal(() => first.check()).message).toMatch(/somebody has taken it over/);
    const second = take();
    expect(refusal(() => first.check()).message).toMatch(/has lost its checkpoint: process \d+/);
    first.release();
    second.check();
    expect(refusal(() => take()).code).toBe('checkpoint-locked');
  });

  test('whose content is damaged is free if nobody has it', () => {
    writeFileSync(path, '{"epo');
    expect(take().epoch).toBe(1);
  });

  test('of a process that is gone is free', () => {
    write({ holder: { ...holder, started: '1' } });
    expect(take().epoch).toBe(8);
    expect(readFileSync(path, 'utf8')).toContain(`"pid":${process.pid}`);
  });
});

test('a process is told from one that is gone, that had the same number, or ran before the machine was started', () => {
  expect(isAlive(thisProcess())).toBe(true);
  expect(isAlive({ ...thisProcess(), started: '1' })).toBe(false);
  expect(isAlive({ ...thisProcess(), boot: 'before' })).toBe(false);
  expect(isAlive({ ...thisProcess(), pid: 2 ** 22 + 1 })).toBe(false);
});
