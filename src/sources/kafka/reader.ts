import { StreamjobError } from '../../base/errors.ts';
import type { LoadFormat } from '../../component/format.ts';
import type { Split, SplitOutput, SplitReader } from '../../component/source.ts';
import { type Fetched, type KafkaClient, nameOf, openClient } from '../../kafka/client.ts';
import { loadCodecs } from '../../kafka/codecs.ts';
import { patiently } from '../../kafka/patience.ts';
import { batchesIn, offsetBehind, openBatch, recordsOf } from '../../kafka/records/batch.ts';
import { Committed } from '../../kafka/records/transactions.ts';
import { connectionOf } from '../../kafka/settings.ts';
import { decodeMessages, decodeValues } from './decoding.ts';
import { openValueFormat, type ValueFormat } from './messages.ts';
import type { KafkaConfig, OffsetRange } from './types.ts';

/** About so much is asked for at once; a larger message comes nevertheless. */
const fetchBytes = 2_000_000;

/** Reads ranges of offsets, over connections that stay open from batch to batch. */
export function openReader(config: KafkaConfig, loadFormat: LoadFormat): SplitReader {
  const client = openClient(connectionOf(config));
  const topics = new Set<string>();
  let format: Promise<ValueFormat> | undefined;
  return {
    givesRecords: true,
    async read(split: Split, out: SplitOutput) {
      const range = split as unknown as OffsetRange;
      format ??= loadCodecs().then(() => openValueFormat(config.format, loadFormat));
      out.input(nameOf(range));
      await new RangeReader({ client, config, range, out, format: await format, topics }).read();
    },
  };
}

interface Reading {
  readonly client: KafkaClient;
  readonly config: KafkaConfig;
  readonly range: OffsetRange;
  readonly out: SplitOutput;
  readonly format: ValueFormat;
  /** Those whose brokers the client knows. */
  readonly topics: Set<string>;
}

class RangeReader {
  readonly #reading: Reading;
  #toldWaiting = false;
  /** When something was got last. */
  #gotAt = Date.now();

  constructor(reading: Reading) {
    this.#reading = reading;
  }

  /** While the batches of a fetch are decoded, the next ones are on their way. */
  async read(): Promise<void> {
    const { from, until } = this.#reading.range;
    let fetching = from < until ? this.#fetch(from) : undefined;
    for (let offset = from; fetching; ) {
      const fetched = await fetching;
      const wanted = { ...this.#reading.range, from: offset };
      offset = fetched.gone ? await this.#behindGap(offset) : (offsetBehind(fetched.bytes) ?? this.#stillAt(offset));
      fetching = offset < until ? this.#fetch(offset) : undefined;
      if (!fetched.gone) this.#deliver(fetched, wanted);
    }
  }

  /** Waits for brokers that are away. */
  #fetch(offset: number): Promise<Fetched> {
    const { client, config, range, out } = this.#reading;
    const waiting = (error: Error): void => {
      if (!this.#toldWaiting) out.log('warn', `${nameOf(range)}: waiting to read on: ${error.message}`);
      this.#toldWaiting = true;
      this.#reading.topics.clear();
    };
    const fetching = patiently(
      async () => {
        await this.#findBrokers();
        return client.fetch(range, offset, fetchBytes);
      },
      { limit: config.brokerTimeout, waiting },
    );
    // It is awaited only after the batches before have been decoded, which may fail.
    fetching.catch(() => undefined);
    return fetching;
  }

  async #findBrokers(): Promise<void> {
    const { client, topics, range } = this.#reading;
    if (topics.has(range.topic)) return;
    const there = await client.partitions([...topics, range.topic]);
    if (!there.get(range.topic)?.includes(range.partition)) throw isGone(range, 'it is not there any more');
    topics.add(range.topic);
  }

  #deliver({ bytes, aborted }: Fetched & { readonly gone: false }, wanted: OffsetRange): void {
    const { config } = this.#reading;
    const committed = new Committed(aborted);
    for (const part of batchesIn(bytes)) {
      try {
        this.#deliverBatch(part, committed, wanted);
      } catch (error) {
        if (config.onDataLoss === 'fail' || !isLoss(error)) throw error;
        this.#reading.out.log('warn', `${error.message} The job goes on behind it (onDataLoss: skip).`);
      }
    }
    if (bytes.length > 0) this.#gotAt = Date.now();
  }

  #deliverBatch(part: Buffer, committed: Committed, range: OffsetRange): void {
    const { format, out, config } = this.#reading;
    const batch = openBatch(part, nameOf(range));
    if (!committed.holdsData(batch) || batch.lastOffset < range.from || batch.baseOffset >= range.until) return;
    const decoding = { batch, bytes: recordsOf(batch, nameOf(range)), range, format, out };
    if (config.record === 'full') decodeMessages(decoding);
    else decodeValues(decoding);
  }

  /** Nothing has come, though it was there when the batch was planned: a broker that has just begun to lead may need a moment. */
  #stillAt(offset: number): number {
    const { config, range } = this.#reading;
    if (Date.now() - this.#gotAt < config.requestTimeout) return offset;
    throw isGone(range, `nothing comes from offset ${offset} on, though there were messages up to ${range.until}`);
  }

  /** Where the partition begins now, if that may be. */
  async #behindGap(offset: number): Promise<number> {
    const { client, config, range, out } = this.#reading;
    const [earliest = range.until] = await patiently(() => client.offsets([range], 'earliest'), {
      limit: config.brokerTimeout,
    });
    if (earliest <= offset) return this.#stillAt(offset);
    const to = Math.min(earliest, range.until);
    const lost = isGone(
      range,
      `the messages from offset ${offset} to ${to - 1} have expired; it begins at ${earliest} now`,
    );
    if (config.onDataLoss === 'fail') throw lost;
    out.log('warn', `${lost.message} The job goes on behind them (onDataLoss: skip).`);
    return to;
  }
}

const isLoss = (error: unknown): error is StreamjobError =>
  error instanceof StreamjobError && error.code === 'input-changed';

const isGone = (range: OffsetRange, what: string): StreamjobError =>
  new StreamjobError('input-changed', `${nameOf(range)} cannot be read as it was planned: ${what}.`, {
    remedy: 'Let the topic keep messages for longer (`retention.ms`); `onDataLoss: skip` goes on without what is lost.',
  });
