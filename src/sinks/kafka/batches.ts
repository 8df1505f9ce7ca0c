import { randomInt } from 'node:crypto';
import type { Compression } from '../../kafka/codecs.ts';
import type { Destination } from '../../kafka/producer.ts';
import { BatchWriter, headerBytes, type OutgoingBatch, placeBytes } from '../../kafka/records/outgoing.ts';
import { type Chunk, keyless, numbersEach } from './backlog.ts';

interface Target extends Destination {
  readonly topic: string;
  /** The number of its first partition among those of all topics. */
  readonly first: number;
  /** For contents and places. */
  readonly mostBytes: number;
  /** Which of its partitions the next message without a key goes to. */
  turn: number;
}

/** A batch to be made. */
interface Plan {
  readonly topic: string;
  readonly partition: number;
  readonly number: number;
  /** How many batches for the partition come before it. */
  readonly round: number;
  bytes: number;
}

/** What is taken to be the largest batch of a topic that does not tell. */
const cautious = 512 * 1024;

/**
 * Makes record batches of chunks. Messages with a key go where Kafka’s own clients send them, the others to each partition that has a
 * leader, in turn.
 */
export class BatchMaker {
  readonly #compression: Compression;
  readonly #targets: Target[] = [];

  /** Destinations in the order of the numbers that chunks have for topics. */
  constructor(destinations: readonly (readonly [string, Destination])[], compression: Compression) {
    this.#compression = compression;
    let first = 0;
    for (const [topic, destination] of destinations) {
      const mostBytes = (destination.largestBatch ?? cautious) - headerBytes;
      this.#targets.push({ ...destination, topic, first, mostBytes, turn: randomInt(destination.partitions) });
      first += destination.partitions;
    }
  }

  /** To be sent one list after the other; no list has two for one partition. */
  batchesOf(chunk: Chunk): OutgoingBatch[][] {
    const { plans, chosen } = this.#plan(chunk);
    const writers = plans.map(({ bytes }) => new BatchWriter(bytes));
    for (let i = 0, from = 0; i < chosen.length; i++) {
      const until = chunk.index[numbersEach * i]!;
      writers[chosen[i]!]!.add(chunk.bytes, from, until);
      from = until;
    }
    const rounds: OutgoingBatch[][] = [];
    for (const { number, round, topic, partition } of plans) {
      rounds[round] ??= [];
      rounds[round].push(writers[number]!.finish({ topic, partition }, this.#compression));
    }
    return rounds;
  }

  /** Which batches there will be, and for each message the number of its own. */
  #plan({ index }: Chunk): { plans: Plan[]; chosen: Int32Array } {
    const chosen = new Int32Array(index.length / numbersEach);
    const plans: Plan[] = [];
    const open: Plan[] = [];
    for (let i = 0, from = 0; i < chosen.length; i++) {
      const at = numbersEach * i;
      const target = this.#targets[index[at + 2]!]!;
      const partition = choose(target, index[at + 1]!);
      const bytes = index[at]! - from + placeBytes;
      let plan = open[target.first + partition];
      if (plan === undefined || plan.bytes + bytes > target.mostBytes) {
        const round = plan === undefined ? 0 : plan.round + 1;
        plan = { topic: target.topic, partition, number: plans.length, round, bytes: 0 };
        open[target.first + partition] = plan;
        plans.push(plan);
      }
      plan.bytes += bytes;
      chosen[i] = plan.number;
      from = index[at]!;
    }
    return { plans, chosen };
  }
}

function choose(target: Target, hash: number): number {
  const { partitions, led } = target;
  if (hash !== keyless) return hash % partitions;
  target.turn = (target.turn + 1) % (led.length || partitions);
  return led[target.turn] ?? target.turn;
}
