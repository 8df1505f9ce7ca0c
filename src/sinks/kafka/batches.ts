import { randomInt } from 'node:crypto';
import type { Compression } from '../../kafka/codecs.ts';
import type { Destination } from '../../kafka/producer.ts';
import { BatchWriter, type OutgoingBatch, placeBytes } from '../../kafka/records/outgoing.ts';
import { type Chunk, keyless, numbersEach } from './backlog.ts';

interface Target extends Destination {
  readonly topic: string;
  /** The number of its first partition among those of all topics. */
  readonly first: number;
  /** Which of its partitions the next message without a key goes to. */
  turn: number;
}

/**
 * Makes record batches of chunks: one for each partition that something goes to. Messages with a key go where Kafka’s own clients send
 * them, the others to each partition that has a leader, in turn.
 */
export class BatchMaker {
  readonly #compression: Compression;
  readonly #targets: Target[] = [];
  readonly #partitions: number;

  /** Destinations in the order of the numbers that chunks have for topics. */
  constructor(destinations: readonly (readonly [string, Destination])[], compression: Compression) {
    this.#compression = compression;
    let first = 0;
    for (const [topic, destination] of destinations) {
      this.#targets.push({ ...destination, topic, first, turn: randomInt(destination.partitions) });
      first += destination.partitions;
    }
    this.#partitions = first;
  }

  batchesOf({ bytes, index }: Chunk): OutgoingBatch[] {
    const messages = index.length / numbersEach;
    const chosen = new Int32Array(messages);
    const room = new Int32Array(this.#partitions);
    for (let i = 0, from = 0; i < messages; i++) {
      const at = numbersEach * i;
      const partition = this.#choose(this.#targets[index[at + 2]!]!, index[at + 1]!);
      chosen[i] = partition;
      room[partition]! += index[at]! - from + placeBytes;
      from = index[at]!;
    }
    const writers = Array.from(room, (each) => (each === 0 ? undefined : new BatchWriter(each)));
    for (let i = 0, from = 0; i < messages; i++) {
      const until = index[numbersEach * i]!;
      writers[chosen[i]!]!.add(bytes, from, until);
      from = until;
    }
    return this.#finished(writers);
  }

  #choose(target: Target, hash: number): number {
    const { first, partitions, led } = target;
    if (hash !== keyless) return first + (hash % partitions);
    target.turn = (target.turn + 1) % (led.length || partitions);
    return first + (led[target.turn] ?? target.turn);
  }

  #finished(writers: readonly (BatchWriter | undefined)[]): OutgoingBatch[] {
    return this.#targets.flatMap(({ topic, first, partitions }) =>
      writers
        .slice(first, first + partitions)
        .flatMap((writer, partition) => (writer ? [writer.finish({ topic, partition }, this.#compression)] : [])),
    );
  }
}
