const seed = 0x9747b28c;
const multiplier = 0x5bd1e995;

/** The hash by which Kafka’s own clients choose the partition of a key: 31 bits of murmur2. */
export function keyHash(bytes: Uint8Array, from: number, until: number): number {
  let hash = seed ^ (until - from);
  let at = from;
  for (; at + 4 <= until; at += 4) {
    const word = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    const mixed = Math.imul(word, multiplier);
    hash = Math.imul(hash, multiplier) ^ Math.imul(mixed ^ (mixed >>> 24), multiplier);
  }
  if (at < until) hash = Math.imul(hash ^ restOf(bytes, at, until), multiplier);
  hash = Math.imul(hash ^ (hash >>> 13), multiplier);
  return (hash ^ (hash >>> 15)) & 0x7fffffff;
}

/** One to three bytes. */
function restOf(bytes: Uint8Array, from: number, until: number): number {
  let rest = 0;
  for (let at = until - 1; at >= from; at--) rest = (rest << 8) | bytes[at]!;
  return rest;
}
