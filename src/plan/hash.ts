import { writeCanonical } from './canonical.ts';
import { keyGroups } from './plan.ts';
import { maxShortString, tag } from './wireTags.ts';

/** The group of a key, from 0 to 255: murmur3 of its canonical bytes. Throws StreamjobError `not-a-value`. */
export function keyGroup(key: unknown): number {
  const hash = typeof key === 'string' ? hashString(key) : hashAny(key);
  return hash & (keyGroups - 1);
}

/** The partition, out of `partitions`, that owns a group: each owns a range of them. */
export const partitionOfGroup = (group: number, partitions: number): number =>
  Math.floor((group * partitions) / keyGroups);

/** MurmurHash3 x86 32 of the first `length` bytes with seed 0, as an unsigned number. */
export function murmur3(bytes: Uint8Array, length = bytes.length): number {
  const tail = length & ~3;
  let hash = 0;
  for (let i = 0; i < tail; i += 4) {
    hash = mix(hash, bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24));
  }
  let rest = 0;
  for (let i = length - 1; i >= tail; i--) rest = (rest << 8) | bytes[i]!;
  return finish(tail < length ? hash ^ scramble(rest) : hash, length);
}

function hashAny(key: unknown): number {
  const { buffer, length } = writeCanonical(key);
  return murmur3(buffer, length);
}

/** The hash of a string's canonical bytes, without writing them if it is short and latin1, as nearly all keys are. */
function hashString(text: string): number {
  const { length } = text;
  if (length > maxShortString) return hashAny(text);
  let hash = 0;
  let word = tag.shortString | length;
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0xff) return hashAny(text);
    // The first byte of the canonical form is the tag, so character i is byte i + 1.
    const place = (i + 1) & 3;
    if (place === 0) {
      hash = mix(hash, word);
      word = 0;
    }
    word |= code << (8 * place);
  }
  return (length & 3) === 3 ? finish(mix(hash, word), length + 1) : finish(hash ^ scramble(word), length + 1);
}

function scramble(word: number): number {
  const product = Math.imul(word, 0xcc9e2d51);
  return Math.imul((product << 15) | (product >>> 17), 0x1b873593);
}

function mix(hash: number, word: number): number {
  const mixed = hash ^ scramble(word);
  return (Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0xe6546b64) | 0;
}

function finish(hash: number, length: number): number {
  let h = hash ^ length;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
