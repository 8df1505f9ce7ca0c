import { setTimeout as sleep } from 'node:timers/promises';
import { StreamjobError } from '../../base/errors.ts';
import type { SourceContext } from '../../component/source.ts';
import { type KafkaClient, nameOf, type TopicPartition } from '../../kafka/client.ts';
import { mayHeal } from '../../kafka/errors.ts';
import { patiently } from '../../kafka/patience.ts';
import { beginning, type KafkaConfig, type TopicChoice, topicChoice } from './types.ts';

/** How often brokers are asked for new topics and partitions, in milliseconds. */
const topicsAge = 5000;
/** How long a start waits for brokers, in milliseconds. */
const startTimeout = 10_000;
const firstPause = 250;
const longestPause = 10_000;

interface LookoutOptions {
  readonly client: KafkaClient;
  readonly config: KafkaConfig;
  readonly context: SourceContext;
  /** Where each partition goes on; those of new ones are put in. */
  readonly positions: Map<string, number>;
}

/** Asks the brokers, beside the batches, which partitions there are and how far they go. */
export class Lookout {
  readonly #options: LookoutOptions;
  readonly #choice: TopicChoice;
  readonly #stopping = new AbortController();
  #partitions: readonly TopicPartition[] = [];
  #ends: ReadonlyMap<string, number> = new Map();
  /** New partitions since `takeFound`. */
  #found: string[] | undefined;
  #looked = false;
  /** Partitions that were there at the first look; not all of them may have had a leader then. */
  readonly #fromStart = new Set<string>();
  /** Partitions that no broker answers for. */
  #silent = '';
  #looking: Promise<void> | undefined;
  #topicsAt = 0;
  #pause = 0;
  #lookAt = 0;
  #fatal: unknown;
  #trouble = '';

  constructor(options: LookoutOptions) {
    this.#options = options;
    this.#choice = topicChoice(options.config.topics);
  }

  get partitions(): readonly TopicPartition[] {
    return this.#partitions;
  }

  /** By partition, the offset behind the last message when it was last looked. */
  get ends(): ReadonlyMap<string, number> {
    return this.#ends;
  }

  /** Partitions that were found since the last call, and have a position now; undefined if none was looked for. */
  takeFound(): readonly string[] | undefined {
    const found = this.#found;
    this.#found = undefined;
    return found;
  }

  /** Looks for the first time. `restored`: an earlier run has looked, so that partitions without a position are new. */
  async start(restored: boolean): Promise<void> {
    const { signal } = this.#stopping;
    this.#looked = restored;
    try {
      await patiently(() => this.#look(), { limit: startTimeout, signal, waiting: (error) => this.#say(error) });
      this.#say();
    } catch (error) {
      if (this.#options.context.once || !mayHeal(error)) throw error;
    }
  }

  /** Looks, for at most so many milliseconds; it goes on beside, and the next call does not begin anew. Throws what cannot heal. */
  async lookWithin(limit: number): Promise<void> {
    if (this.#stopping.signal.aborted || Date.now() < this.#lookAt) return;
    this.#looking ??= this.#lookOnce();
    const done = new AbortController();
    await Promise.race([this.#looking, sleep(limit, undefined, { signal: done.signal }).catch(() => undefined)]);
    done.abort();
    if (this.#fatal) throw this.#fatal;
  }

  async #lookOnce(): Promise<void> {
    try {
      await this.#look();
      this.#say();
      this.#pause = 0;
    } catch (error) {
      if (!mayHeal(error)) this.#fatal = error;
      else this.#say(error as Error);
      this.#topicsAt = 0;
      this.#pause = Math.min(longestPause, Math.max(firstPause, 2 * this.#pause));
    } finally {
      this.#lookAt = Date.now() + this.#pause;
      this.#looking = undefined;
    }
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#options.client.close();
    await this.#looking;
  }

  async #look(): Promise<void> {
    const { client } = this.#options;
    if (Date.now() - this.#topicsAt >= topicsAge) {
      this.#partitions = await this.#listPartitions();
      this.#topicsAt = Date.now();
    }
    await this.#placeNew();
    const ends = await client.offsets(this.#partitions, 'latest');
    this.#ends = new Map(
      this.#partitions.flatMap((partition, i) => (ends[i] === undefined ? [] : [[nameOf(partition), ends[i]]])),
    );
    this.#noteSilent(this.#partitions.map(nameOf).filter((name) => !this.#ends.has(name)));
  }

  /** Partitions that no broker leads or answers for are left out of batches until that is over. */
  #noteSilent(names: readonly string[]): void {
    const { context } = this.#options;
    const silent = names.join(', ');
    if (silent) this.#topicsAt = 0;
    if (silent && context.once) throw noAnswer(silent);
    if (silent === this.#silent) return;
    if (silent)
      context.log('warn', `${context.name}: leaving out ${silent}: no broker answers for it. ${silentRemedy}`);
    else context.log('info', `${context.name}: brokers answer for all partitions again`);
    this.#silent = silent;
  }

  async #listPartitions(): Promise<readonly TopicPartition[]> {
    const { client } = this.#options;
    const choice = this.#choice;
    const there = await client.partitions('names' in choice ? choice.names : undefined);
    const topics =
      'names' in choice ? choice.names : [...there.keys()].filter((name) => choice.pattern.test(name)).sort();
    this.#noteMissing(
      topics.filter((topic) => !there.has(topic)),
      topics.length === 0,
    );
    return topics.flatMap((topic) => (there.get(topic) ?? []).map((partition) => ({ topic, partition })));
  }

  /** Partitions that were there from the start begin as the job says, those that are found later with their first message. */
  async #placeNew(): Promise<void> {
    const { config, positions } = this.#options;
    const found = this.#partitions.filter((partition) => !positions.has(nameOf(partition)));
    if (!this.#looked) for (const partition of found) this.#fromStart.add(nameOf(partition));
    const fromStart = found.filter((partition) => this.#fromStart.has(nameOf(partition)));
    await this.#place(fromStart, beginning(config.from));
    await this.#place(
      found.filter((partition) => !fromStart.includes(partition)),
      'earliest',
    );
    const placed = found.map(nameOf).filter((name) => positions.has(name));
    if (placed.length > 0 || !this.#looked) this.#found = [...(this.#found ?? []), ...placed];
    this.#looked = true;
  }

  async #place(partitions: readonly TopicPartition[], at: 'earliest' | 'latest' | number): Promise<void> {
    if (partitions.length === 0) return;
    const { client, positions } = this.#options;
    const offsets = await client.offsets(partitions, at);
    for (const [i, partition] of partitions.entries())
      if (offsets[i] !== undefined) positions.set(nameOf(partition), offsets[i]);
  }

  #missing = '';

  #noteMissing(names: readonly string[], noMatch: boolean): void {
    const { context, config } = this.#options;
    const missing = noMatch
      ? `a topic that matches ${config.topics}`
      : names.length > 0
        ? `the topic ${names.join(', ')}`
        : '';
    if (missing && context.once) throw topicMissing(missing);
    if (missing !== this.#missing && missing) context.log('warn', `${context.name}: ${waitingFor(missing)}`);
    this.#missing = missing;
  }

  /** What is the matter is said once, and when it is over. */
  #say(error?: Error): void {
    const { context } = this.#options;
    const trouble = error ? waitingSince(error) : '';
    const missing = this.#missing && waitingFor(this.#missing);
    context.state(trouble || missing ? 'waiting' : 'active', trouble || missing || 'the Kafka cluster answers');
    if (trouble === this.#trouble) return;
    if (error) context.log('warn', `${context.name}: ${trouble}`);
    else context.log('info', `${context.name}: the Kafka cluster answers again`);
    this.#trouble = trouble;
  }
}

const silentRemedy = 'Look at the brokers: one of them, or one of its disks, may be away.';

const noAnswer = (names: string): StreamjobError =>
  new StreamjobError('kafka-failed', `No broker answers for ${names}.`, {
    cause: { retriable: true },
    remedy: silentRemedy,
  });

const waitingFor = (missing: string): string =>
  `waiting for ${missing}, which is not there; check \`topics\`, or make it`;

const waitingSince = (error: Error & { readonly remedy?: string }): string =>
  `waiting, since ${uncapitalised(error.message)} ${error.remedy ?? ''}`.trimEnd();

const uncapitalised = (text: string): string => text.replace(/^The /, 'the ');

const topicMissing = (what: string): StreamjobError =>
  new StreamjobError('topic-missing', `Kafka does not have ${what}.`, {
    remedy: 'Check `topics` and `brokers`, or make the topic; without `--once` the job waits for it.',
  });
