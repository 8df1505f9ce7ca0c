import type { Clock } from '../base/clock.ts';
import { counted } from '../base/counted.ts';
import type { Journal } from '../checkpoint/journal.ts';
import type { BatchInputs } from '../engine/engine.ts';
import type { BatchQueue } from './batches.ts';
import type { JobListener } from './events.ts';
import { hasInput, type Inputs } from './inputs.ts';
import type { Ending } from './stop.ts';
import type { Tick, Ticks } from './ticks.ts';

/** How long a job runs; by default until it is stopped or a source ends. */
export interface RunMode {
  /** Take what is there, and end. */
  readonly once?: boolean;
  /** End gracefully with this batch. */
  readonly batches?: number;
  /** End gracefully after so many milliseconds. */
  readonly duration?: number;
}

export interface GeneratorParts {
  readonly mode: RunMode;
  readonly maxWaitingBatches: number;
  readonly clock: Clock;
  readonly ticks: Ticks;
  readonly inputs: Inputs;
  readonly queue: BatchQueue;
  readonly journal: Journal;
  readonly ending: Ending;
  readonly listener: JobListener;
  stopReceiving(): Promise<void>;
}

interface Planning {
  /** Ask the sources that list their input. */
  readonly list: boolean;
  /** Leave the batch out if nothing is assigned to it. */
  readonly unlessEmpty: boolean;
}

/** With `once`, how often sources that have found nothing yet and are not done are asked again, in milliseconds. */
const askAgain = 100;

const noInput: Promise<BatchInputs> = Promise.resolve(new Map());

/** Decides which batches there are, and what each one reads. */
export class BatchGenerator {
  readonly #parts: GeneratorParts;
  readonly #endTime: number;
  #planned = 0;

  constructor(parts: GeneratorParts) {
    this.#parts = parts;
    this.#endTime = parts.clock.now() + (parts.mode.duration ?? Number.POSITIVE_INFINITY);
  }

  /** Plans batch after batch, until the end begins or, with `once`, everything is planned. */
  async run(): Promise<void> {
    await this.#catchUp();
    if (this.#parts.mode.once) await this.#takeWhatIsThere();
    else await this.#followTicks();
  }

  /**
   * Ticks that were missed since the last run and are needed come first; what has come meanwhile is not for them. After a month there may
   * be a million: they need not all wait at once.
   */
  async #catchUp(): Promise<void> {
    const { clock, ticks, ending, queue, maxWaitingBatches } = this.#parts;
    for (let tick = ticks.takeMissed(clock.now()); tick && !ending.begun; tick = ticks.takeMissed(clock.now())) {
      await this.#plan(tick, { list: false, unlessEmpty: false });
      await queue.room(maxWaitingBatches);
    }
  }

  /** An empty batch that nothing needs would only keep the full ones waiting: while the job is late there is none. */
  async #followTicks(): Promise<void> {
    const { queue, maxWaitingBatches } = this.#parts;
    for (let tick = await this.#nextTick(); tick; tick = await this.#nextTick()) {
      this.#tellSkipped(tick);
      const late = tick.late || queue.waiting > 0;
      const unlessEmpty = late && !tick.needed && !this.#isLast;
      await this.#plan(tick, { list: queue.waiting <= maxWaitingBatches, unlessEmpty });
      if (tick.missed) await queue.room(maxWaitingBatches);
    }
  }

  /** The next batch is the last: nothing is received for any other. */
  get #isLast(): boolean {
    return this.#parts.mode.batches === this.#planned + 1;
  }

  async #nextTick(): Promise<Tick | undefined> {
    const { clock, ticks, ending } = this.#parts;
    while (!ending.begun) {
      const now = clock.now();
      const due = ticks.dueAt(now);
      if (this.#timeIsUp(due)) break;
      if (now >= due) return ticks.take(now);
      await clock.until(Math.min(due, this.#endTime), ending.signal);
    }
    return undefined;
  }

  /** A tick at the very end of the duration still counts. */
  #timeIsUp(due: number): boolean {
    const { clock, ending } = this.#parts;
    if (due <= this.#endTime || clock.now() < this.#endTime) return false;
    ending.begin({ reason: 'its duration is over' });
    return true;
  }

  /** Sources that list are asked as fast as their batches are run; for received data a batch is made at each tick. */
  async #takeWhatIsThere(): Promise<void> {
    const { clock, ticks, inputs, queue, ending } = this.#parts;
    while (!inputs.exhausted && !ending.begun) {
      const listing = inputs.listing;
      const tick = listing ? ticks.takeEarly(clock.now()) : await this.#tickOrEndOfData();
      if (!tick || this.#timeIsUp(tick.time)) return;
      const planned = await this.#plan(tick, { list: listing, unlessEmpty: true });
      if (!planned && inputs.listing) await clock.until(clock.now() + askAgain, ending.signal);
      await queue.room(1);
    }
  }

  async #tickOrEndOfData(): Promise<Tick | undefined> {
    const { clock, ticks, inputs, ending } = this.#parts;
    const wake = AbortSignal.any([ending.signal, inputs.allEnded]);
    while (!ending.begun) {
      const now = clock.now();
      if (now >= ticks.dueAt(now)) return ticks.take(now);
      if (!inputs.receiving) return ticks.takeEarly(now);
      await clock.until(ticks.dueAt(now), wake);
    }
    return undefined;
  }

  /** Everything that has come and is in no batch yet goes into one last batch, named by the next tick and not waited for. */
  async planLast(): Promise<void> {
    const { clock, ticks, ending } = this.#parts;
    await this.#parts.stopReceiving();
    await this.#plan(ticks.takeEarly(clock.now()), { list: ending.list, unlessEmpty: true });
  }

  /** Tells whether there is a batch for the tick. A source that fails begins the end of the job. */
  async #plan(tick: Tick, planning: Planning): Promise<boolean> {
    return this.#parts.clock.busy(this.#planNow(tick, planning));
  }

  async #planNow({ time, missed }: Tick, { list, unlessEmpty }: Planning): Promise<boolean> {
    const { inputs, journal, queue, listener, clock, ending, mode, ticks } = this.#parts;
    if (this.#isLast) await this.#parts.stopReceiving();
    const taking = missed ? noInput : inputs.take(time, list);
    const input = await taking.catch((error: unknown) => ending.begin({ reason: 'a source failed', error }));
    if (!input || ending.cut.aborted || (unlessEmpty && !hasInput(input))) return false;
    const submitted = { batch: { time, zeroTime: ticks.zeroTime, inputs: input }, submissionTime: clock.now() };
    await journal.planned(submitted.batch, inputs.takeMemory());
    const { submissionTime } = submitted;
    const known = inputs.left === undefined ? {} : { left: inputs.left };
    listener.batchSubmitted?.({ batchTime: time, submissionTime, inputs: input, ...known });
    queue.add(submitted);
    if (++this.#planned === mode.batches) ending.begin({ reason: `it was to run ${mode.batches} batches` });
    return true;
  }

  #tellSkipped({ time, skipped }: Tick): void {
    if (skipped === 0) return;
    const ticks = counted(skipped, 'tick');
    const message = `the job was held up: ${ticks} before ${new Date(time).toISOString()} without a batch`;
    this.#parts.listener.log?.({ level: 'info', message });
  }
}
