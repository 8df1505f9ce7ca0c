import { deferred } from '../../base/deferred.ts';
import { bug } from '../../base/errors.ts';
import { nameOf, type TopicPartition } from '../client.ts';
import { mayHeal } from '../errors.ts';
import type { KafkaProducer, Transactions } from '../producer.ts';
import { type OutgoingBatch, stamp } from '../records/outgoing.ts';
import { type Cluster, leaderless } from './cluster.ts';
import { byTopic, groupBy } from './grouping.ts';
import type { Broker, Internals, ProducerIdentity, Transaction } from './internals.ts';
import { produceRequest } from './produce.ts';
import { checked, codes, decodeUnchecked, isPassing } from './responses.ts';

interface ProducerOptions {
  readonly cluster: Cluster;
  /** How long replicas may take, in milliseconds. */
  readonly timeout: number;
  readonly transactions: Transactions | undefined;
}

/** What brokers are told of a producer that makes no transactions, and do not look at. */
const noTransactionTimeout = 60_000;

/** With `transactions`, what a producer of this name has left open is ended first, and it can do no more. */
export async function openProducer(options: ProducerOptions): Promise<KafkaProducer> {
  const { cluster, transactions } = options;
  if (!transactions) {
    const ask = (broker: Broker) => broker.initProducerId({ transactionTimeout: noTransactionTimeout });
    return new KafkajsProducer(options, await cluster.onAnyBroker(ask));
  }
  const { transactionalId, timeout: transactionTimeout } = transactions;
  const coordinator = await cluster.coordinatorOf(transactionalId, 'transaction');
  const ask = (broker: Broker) => broker.initProducerId({ transactionalId, transactionTimeout });
  return new KafkajsProducer(options, await cluster.onBroker(coordinator, ask));
}

class KafkajsProducer implements KafkaProducer {
  readonly #cluster: Cluster;
  readonly #timeout: number;
  readonly #transactionalId: string | undefined;
  readonly #identity: ProducerIdentity;
  /** The next one of each partition. */
  readonly #sequences = new Map<string, number>();
  readonly #stamped = new WeakSet<OutgoingBatch>();
  /** Of each leader: resolves when what is to be sent has been encoded, in its place among what a connection sends. */
  readonly #turns = new Map<number, Promise<void>>();
  /** The partitions that the transaction has. */
  readonly #added = new Set<string>();

  constructor({ cluster, timeout, transactions }: ProducerOptions, identity: ProducerIdentity) {
    this.#cluster = cluster;
    this.#timeout = timeout;
    this.#transactionalId = transactions?.transactionalId;
    this.#identity = identity;
  }

  async send(batches: readonly OutgoingBatch[]): Promise<void> {
    const left = batches.filter(({ taken }) => !taken);
    for (const batch of left) this.#stamp(batch);
    if (this.#transactionalId !== undefined) await this.#addToTransaction(left);
    const leaders = groupBy(left, (batch) => this.#cluster.leaderOf(batch));
    const answers = await Promise.allSettled([...leaders].map(([leader, led]) => this.#sendTo(leader, led)));
    const errors = answers.flatMap((answer): unknown[] => (answer.status === 'rejected' ? [answer.reason] : []));
    if (errors.length > 0) throw errors.find((error) => !mayHeal(error)) ?? errors[0];
  }

  #stamp(batch: OutgoingBatch): void {
    if (this.#stamped.has(batch)) return;
    this.#stamped.add(batch);
    const { producerId, producerEpoch } = this.#identity;
    const sequence = this.#sequences.get(nameOf(batch)) ?? 0;
    const transactional = this.#transactionalId !== undefined;
    stamp(batch, { producerId: BigInt(producerId), producerEpoch, sequence, transactional });
    this.#sequences.set(nameOf(batch), (sequence + batch.count) % sequenceNumbers);
  }

  async #addToTransaction(batches: readonly TopicPartition[]): Promise<void> {
    const added = batches.filter((batch) => !this.#added.has(nameOf(batch)));
    if (added.length === 0) return;
    const topics = byTopic(added, ({ partition }) => partition);
    await this.#onCoordinator(async (broker, transaction, { addPartitionsToTxn }) => {
      const { request, response } = addPartitionsToTxn({ ...transaction, topics });
      const { errors } = await broker.connectionPool.send({ request, response: decodeUnchecked(response) });
      throwWorst(errors.flatMap(({ partitionErrors }) => partitionErrors.map(({ errorCode }) => errorCode)));
    });
    for (const batch of added) this.#added.add(nameOf(batch));
  }

  async #sendTo(leader: number | undefined, batches: readonly OutgoingBatch[]): Promise<void> {
    if (leader === undefined) throw leaderless(batches[0]!);
    const options = { transactionalId: this.#transactionalId, timeout: this.#timeout, batches };
    await this.#inTurn(leader, (encoding) =>
      this.#cluster.onBroker(leader, async ({ connectionPool }, { produceResponse }) => {
        const request = produceRequest(options, encoding);
        const { topics } = await connectionPool.send({ request, response: decodeUnchecked(produceResponse) });
        const answers = topics.flatMap(({ topicName: topic, partitions }) =>
          partitions.map(({ partition, errorCode }): [string, number] => [nameOf({ topic, partition }), errorCode]),
        );
        takeNote(batches, new Map(answers));
      }),
    );
  }

  /** Whoever asks kafkajs for a connection last is not always served last, so nobody asks before the one before is through. */
  async #inTurn(leader: number, call: (encoding: () => void) => Promise<void>): Promise<void> {
    const before = this.#turns.get(leader);
    const turn = deferred<void>();
    this.#turns.set(leader, turn.promise);
    await before;
    await call(turn.resolve).finally(turn.resolve);
  }

  async commitOffset(groupId: string, offset: TopicPartition & { offset: number; metadata: string }): Promise<void> {
    await this.#onCoordinator((broker, transaction) => broker.addOffsetsToTxn({ ...transaction, groupId }));
    const topics = byTopic([offset], (one) => ({ ...one, offset: `${one.offset}` }));
    const coordinator = await this.#cluster.coordinatorOf(groupId);
    await this.#cluster.onBroker(coordinator, (broker) =>
      broker.txnOffsetCommit({ ...this.#transaction(), groupId, topics }),
    );
  }

  async end(how: 'commit' | 'abort'): Promise<void> {
    const transactionResult = how === 'commit';
    await this.#onCoordinator((broker, transaction) => broker.endTxn({ ...transaction, transactionResult }));
    this.#added.clear();
  }

  async #onCoordinator<T>(
    call: (broker: Broker, transaction: Transaction, internals: Internals) => Promise<T>,
  ): Promise<T> {
    const transaction = this.#transaction();
    const coordinator = await this.#cluster.coordinatorOf(transaction.transactionalId, 'transaction');
    return this.#cluster.onBroker(coordinator, (broker, internals) => call(broker, transaction, internals));
  }

  #transaction(): Transaction {
    if (this.#transactionalId === undefined) throw bug('a producer without a name has been asked for a transaction');
    return { ...this.#identity, transactionalId: this.#transactionalId };
  }
}

/** They have 31 bits. */
const sequenceNumbers = 2 ** 31;

function takeNote(batches: readonly OutgoingBatch[], answers: ReadonlyMap<string, number>): void {
  const errorCodes = batches.map((batch) => answers.get(nameOf(batch)) ?? codes.unknown);
  for (const [i, batch] of batches.entries()) batch.taken ||= taken.includes(errorCodes[i]!);
  throwWorst(errorCodes);
}

const taken: readonly number[] = [codes.none, codes.duplicateSequenceNumber];

/** What does not heal, if there is such a thing among the answers; not that something else was not even tried for it. */
function throwWorst(errorCodes: readonly number[]): void {
  const failed = errorCodes.filter((code) => !noFailures.includes(code));
  const worst = failed.find((code) => !isPassing(code)) ?? failed[0];
  if (worst !== undefined) checked(worst, undefined);
}

const noFailures: readonly number[] = [...taken, codes.operationNotAttempted];
