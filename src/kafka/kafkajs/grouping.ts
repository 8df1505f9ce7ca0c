import type { TopicPartition } from '../client.ts';

/** In the order in which keys come first. */
export function groupBy<T, K>(all: readonly T[], keyOf: (one: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const one of all) {
    const key = keyOf(one);
    const group = groups.get(key);
    if (group) group.push(one);
    else groups.set(key, [one]);
  }
  return groups;
}

/** As requests list what they say of partitions. */
export function byTopic<T extends TopicPartition, P>(
  partitions: readonly T[],
  what: (partition: T) => P,
): { topic: string; partitions: P[] }[] {
  const groups = groupBy(partitions, ({ topic }) => topic);
  return [...groups].map(([topic, members]) => ({ topic, partitions: members.map(what) }));
}
