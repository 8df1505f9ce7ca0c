import { createRequire } from 'node:module';

interface Message {
  readonly offset: string;
  readonly isControlRecord: boolean;
  readonly batchContext: { readonly producerId: string; readonly inTransaction: boolean };
}

interface Fetched {
  readonly messages: readonly Message[];
  readonly abortedTransactions?: readonly { readonly producerId: string; readonly firstOffset: string }[] | null;
}

/**
 * Has to be imported before kafkajs, whose reader shows messages of transactions that were aborted if several lay across one
 * another: it takes them to be listed as they begin, while brokers list them as they end.
 */
const require = createRequire(import.meta.url);
const name = 'kafkajs/src/consumer/filterAbortedMessages';
if (require.cache[require.resolve('kafkajs/src/consumer/batch')])
  throw new Error('kafkajs has been loaded before its reader was mended');
require(name);
require.cache[require.resolve(name)]!.exports = committedOnly;

/** As Java's consumer does. */
function committedOnly({ messages, abortedTransactions }: Fetched): Message[] {
  const later = [...(abortedTransactions ?? [])].sort((a, b) => Number(a.firstOffset) - Number(b.firstOffset));
  const aborting = new Set<string>();
  return messages.filter(({ offset, isControlRecord, batchContext: { producerId, inTransaction } }) => {
    while (later.length > 0 && Number(later[0]!.firstOffset) <= Number(offset)) aborting.add(later.shift()!.producerId);
    if (isControlRecord) aborting.delete(producerId);
    return isControlRecord || !(inTransaction && aborting.has(producerId));
  });
}
