import { messageOf, StreamjobError } from '../../base/errors.ts';
import { mayHeal, passingCause } from '../../kafka/errors.ts';
import { patiently } from '../../kafka/patience.ts';
import type { Sending } from './types.ts';

/** A topic may just have been made; one that is missing for longer is no passing trouble. In milliseconds. */
const missingLimit = 5000;
/** Leaders that change, and connections that break, are not worth a line of the log if that is soon over. In milliseconds. */
const blip = 1000;

/**
 * Calls again while what fails may heal, for `brokerTimeout` after the first failure; `passing` are types of errors of the protocol that heal as well if all of it
 * is done anew. Rejects with StreamjobError.
 */
export async function deliver<T>(sending: Sending, call: () => Promise<T>, passing?: RegExp): Promise<T> {
  const outage = new Outage(sending, passing);
  try {
    const result = await patiently(call, outage);
    outage.over();
    return result;
  } catch (thrown) {
    throw final(thrown, sending);
  }
}

/** What fails in a row, and since when. */
class Outage {
  readonly #sending: Sending;
  readonly #passing: RegExp | undefined;
  readonly limit = (thrown: unknown): number => this.#left(thrown);
  readonly waiting = (error: Error): void => this.#tell(error);
  #since: number | undefined;
  /** Since when nothing else is the matter than that the topic is not there. */
  #missingSince: number | undefined;
  #isTold = false;

  constructor(sending: Sending, passing: RegExp | undefined) {
    this.#sending = sending;
    this.#passing = passing;
  }

  /** For how much longer it may last, in milliseconds. */
  #left(thrown: unknown): number {
    const { brokerTimeout } = this.#sending.config;
    const now = Date.now();
    const left = (this.#since ??= now) + brokerTimeout - now;
    const type = typeOf(thrown);
    if (/UNKNOWN_TOPIC/.test(type)) return Math.min(left, (this.#missingSince ??= now) + missingLimit - now);
    this.#missingSince = undefined;
    return mayHeal(thrown) || this.#passing?.test(type) ? left : 0;
  }

  #tell(error: Error & { readonly remedy?: string }): void {
    if (this.#isTold || this.#missingSince !== undefined || !mayHeal(error)) return;
    if (Date.now() - this.#since! < blip) return;
    this.#isTold = true;
    const why = messageOf(error).replace(/^The /, 'the ');
    this.#sending.task.waits(`${why} ${error.remedy ?? ''}`.trimEnd());
  }

  over(): void {
    if (this.#isTold) this.#sending.task.waits();
  }
}

/** As the protocol has it; `PRODUCER_FENCED` is younger than kafkajs. */
export function typeOf(thrown: unknown): string {
  const { type = '', message } = ((thrown as Error).cause ?? {}) as { type?: string; message?: string };
  return message === 'Unknown error code 90' ? 'PRODUCER_FENCED' : type;
}

/** The topic is not among the destinations. */
export const missing = (topic: string, { task: { sink } }: Sending): StreamjobError =>
  new StreamjobError('kafka-failed', `The sink ${sink}: the topic ${topic} is not there.`, {
    cause: passingCause('UNKNOWN_TOPIC_OR_PARTITION'),
    remedy:
      'Create it with `kafka-topics.sh --create`, or correct `topic`; brokers may create topics by themselves if `auto.create.topics.enable` says so.',
  });

/** It has been tried for long enough. */
function final(thrown: unknown, { task: { sink } }: Sending): unknown {
  if (!(thrown instanceof StreamjobError)) return thrown;
  if (/MESSAGE_TOO_LARGE|RECORD_LIST_TOO_LARGE/.test(typeOf(thrown))) return tooLarge(sink, thrown);
  if (!thrown.mayPass) return thrown;
  const { remedy, cause } = thrown;
  const message = messageOf(thrown).includes(sink) ? thrown.message : `The sink ${sink}: ${thrown.message}`;
  return new StreamjobError('not-delivered', message, { remedy, cause });
}

const tooLarge = (sink: string, cause: Error): StreamjobError =>
  new StreamjobError('not-delivered', `The sink ${sink}: a message is larger than the broker takes.`, {
    cause,
    remedy:
      'Raise `max.message.bytes` of the topic, take a `compression`, or leave large records out with a `filter` step.',
  });
