import { describe, expect, test } from 'vitest';
import { folderWith, printed, start } from '../cli/command.ts';
import { functions, jobOf, quick, run } from './faultyJob.ts';

describe('a function that hangs in a system call ends the process, which says why', () => {
  test.each(['child', 'fifo'])('%s', async (fault) => {
    const { code, signal, stdout, stderr } = await run('[{ map: perhaps }]', { FAULT: fault });
    expect(stderr).toContain('blocked in a system call');
    expect(printed(stdout)).toEqual([]);
    expect([code, signal]).toEqual([null, 'SIGTERM']);
  });

  test('a second signal does not wait for it', async () => {
    const job = jobOf('[{ map: perhaps }]', quick).replace('2s', '1h');
    const cwd = folderWith({ 'job.yaml': job, 'functions.mjs': functions });
    const command = start(['run', 'job.yaml'], { cwd, env: { FAULT: 'child' } });
    await command.seen('stderr', /hangs/);
    command.process.kill('SIGINT');
    await command.seen('stderr', /stopping/);
    command.process.kill('SIGINT');
    const { code, signal } = await command.ended;
    expect([code, signal]).toEqual([null, 'SIGINT']);
  });
});
