import { setImmediate } from 'node:timers/promises';
import { messageOf, StreamjobError } from '../../base/errors.ts';
import { tellable } from '../../base/logRecords.ts';
import { stageName, stagePlace } from '../../plan/stageName.ts';
import type { Stage } from '../../plan/stages.ts';

interface Stray {
  readonly how: string;
  readonly thrown: unknown;
}

/**
 * Errors that no `catch` sees: of a promise that a function made and left, or of a timer. They fail the task that runs,
 * and not the thread.
 */
export class Strays {
  #running = false;
  #stray: Stray | undefined;

  /** From now on the thread survives them. `log` is told of those that come while no task runs. */
  listen(log: (message: string) => void): void {
    const note = (how: string) => (thrown: unknown) => {
      if (this.#running) this.#stray ??= { how, thrown };
      else log(`a function of the job left something behind that failed: ${how}: ${tellable(thrown)}`);
    };
    process.on('unhandledRejection', note('a promise was rejected and nothing waited for it'));
    process.on('uncaughtException', note('an error was thrown where nothing catches it'));
  }

  /** A task begins, or has ended. */
  watch(running: boolean): void {
    this.#running = running;
    this.#stray = undefined;
  }

  /** Throws what has strayed in the task so far. Rejections are known one turn of the event loop later. */
  async settle(stage: Stage): Promise<void> {
    await setImmediate();
    this.check(stage);
  }

  /** Throws what is known to have strayed in the task. */
  check(stage: Stage): void {
    if (!this.#stray) return;
    const { how, thrown } = this.#stray;
    throw new StreamjobError('step-failed', `${stageName(stage)}: ${how}: ${messageOf(thrown)}`, {
      at: stagePlace(stage),
      cause: thrown,
      remedy: 'Functions are synchronous: catch what a promise or a timer may throw, or leave them out.',
    });
  }
}
