import { createInterface } from 'node:readline/promises';
import { counted } from '../base/counted.ts';
import { formatDuration } from '../base/duration.ts';
import { StreamjobError } from '../base/errors.ts';
import {
  type CheckpointSummary,
  inspect,
  type KeeperSummary,
  reset,
  resetState,
  skipBatch,
} from '../checkpoint/inspect.ts';
import { breakLock, describe, holderOf } from '../checkpoint/lock.ts';
import { filesOf } from '../checkpoint/recovery.ts';
import { print } from './output.ts';

interface ShowOptions {
  readonly json?: boolean;
}

interface AskOptions {
  readonly yes?: boolean;
}

interface ResetOptions extends AskOptions {
  /** What only this step holds. */
  readonly state?: string;
}

interface SkipOptions extends AskOptions {
  /** Its time; by default the oldest that waits. */
  readonly batch?: number;
}

/** `streamjob checkpoint show DIR`: what it holds. */
export async function show(directory: string, { json }: ShowOptions): Promise<number> {
  const summary = await inspect(directory);
  await print(json ? `${JSON.stringify(summary, null, 2)}\n` : `${textOf(summary).join('\n')}\n`);
  return 0;
}

function textOf(summary: CheckpointSummary): string[] {
  const { job, batchInterval, holder, lastBatch, waiting, skipped, sources, keepers, bytes, parts, epoch } = summary;
  const sizes = Object.entries(parts).map(([name, size]) => `${name} ${sizeText(size)}`);
  return [
    `job            ${job}, a batch every ${formatDuration(batchInterval)}`,
    `held by        ${holder ? describe(holder) : 'nobody'} (start ${epoch})`,
    `last batch     ${lastBatch === undefined ? 'none' : timeText(lastBatch)}`,
    `waiting        ${waiting.length === 0 ? 'none' : `${waiting.length} planned and not done`}`,
    ...waiting.map(({ time, sources: read }) => `               ${timeText(time)}  ${read.join(', ')}`),
    ...skipped.map(({ time, at }) => `skipped        ${timeText(time)}, on ${timeText(at)}`),
    ...sources.map(
      ({ name, component, remembered, blocks, blockBytes }) =>
        `source         ${name} (${component}): ${remembered} remembered, ${blocks} received blocks (${sizeText(blockBytes)}) in no batch`,
    ),
    ...keepers.map(keeperText),
    `on the disk    ${sizeText(bytes)}: ${sizes.join(', ')}`,
  ];
}

function keeperText({ id, component, kind, entries, exact, pieces, bytes, oldest, newest }: KeeperSummary): string {
  const label = kind === 'state' ? 'state ' : 'window';
  const count = `${exact ? '' : 'at most '}${entries} ${kind === 'state' ? 'keys' : 'entries'}`;
  const times = oldest === newest ? timeText(newest) : `${timeText(oldest)} to ${timeText(newest)}`;
  return `${label}         ${id} (${component}): ${count}, ${sizeText(bytes)} in ${counted(pieces, 'piece')}, ${times}`;
}

const timeText = (time: number): string => new Date(time).toISOString();

const sizeText = (bytes: number): string => (bytes < 10_000 ? `${bytes} bytes` : `${(bytes / 1e6).toFixed(2)} MB`);

/** `streamjob checkpoint reset DIR`: forgets everything, or with `--state` what one step holds. */
export async function forget(directory: string, { yes, state }: ResetOptions): Promise<number> {
  if (state !== undefined) {
    await confirm(yes, `Forget what ${state} holds in ${directory}? It will begin with nothing.`);
    await resetState(directory, state);
    return 0;
  }
  await confirm(yes, `Forget everything that is in ${directory}? What the job has read will be read again.`);
  await reset(directory);
  return 0;
}

/** `streamjob checkpoint skip DIR`: leaves out a batch that cannot be run. */
export async function skip(directory: string, { yes, batch }: SkipOptions): Promise<number> {
  const { waiting } = await inspect(directory);
  const time = batch ?? waiting[0]?.time;
  if (time !== undefined) await confirm(yes, `Leave out the batch ${timeText(time)}? Its input will not be processed.`);
  const { time: skipped, inputs } = await skipBatch(directory, time);
  await print(`skipped ${timeText(skipped)}: ${JSON.stringify(inputs)}\n`);
  return 0;
}

/** `streamjob checkpoint unlock DIR`: lets the next process in, whoever holds it. */
export async function unlock(directory: string, { yes }: AskOptions): Promise<number> {
  const { lock } = filesOf(directory);
  const holder = holderOf(lock);
  if (!holder) {
    await print('Nobody holds it.\n');
    return 0;
  }
  await confirm(yes, `Take ${directory} away from ${describe(holder)}? If it still runs, it will fail.`);
  breakLock(lock);
  return 0;
}

/** Asks on a terminal. Throws StreamjobError `bad-usage` if the answer is not yes, or nobody can be asked. */
async function confirm(yes: boolean | undefined, question: string): Promise<void> {
  if (yes) return;
  if (!process.stdin.isTTY) throw notConfirmed(question);
  const dialogue = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await dialogue.question(`${question} [y/N] `);
  dialogue.close();
  if (!/^y(es)?$/i.test(answer.trim())) throw notConfirmed(question);
}

const notConfirmed = (question: string): StreamjobError =>
  new StreamjobError('bad-usage', `Nothing was done, for nobody has said yes: ${question}`, {
    remedy: 'Answer y at a terminal, or give --yes.',
  });
