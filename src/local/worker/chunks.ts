/**
 * A stack of values in chunks: some values, the last on top, and the chunk below. No stack at all is an empty one.
 *
 * A window of an hour has millions of values in as many stacks as it has keys, far more than the caches of a processor hold, and what
 * a slide costs is how many places in memory it waits for. Were each stack one list, the ends of the lists would lie as far apart as
 * the lists are long. Chunks that begin in the same batch lie together, whatever their stack, and stay there when it is turned over;
 * so what many keys touch in one slide is a few places, however long the window.
 */
export interface Chunk {
  readonly values: unknown[];
  below: Chunk | undefined;
}

/** Long enough that its own fields weigh little, and short enough that what lies together is soon used up. */
const chunkLength = 32;

/** The stack with a value more. */
export function pushed(stack: Chunk | undefined, value: unknown): Chunk {
  if (stack === undefined || stack.values.length === chunkLength) return { values: [value], below: stack };
  stack.values.push(value);
  return stack;
}

/** The stack without its topmost value. */
export function popped(stack: Chunk): Chunk | undefined {
  stack.values.pop();
  return stack.values.length > 0 ? stack : stack.below;
}

export const topOf = ({ values }: Chunk): unknown => values[values.length - 1];

/** So many values, the topmost first. */
export function* valuesFromTop(stack: Chunk | undefined, count: number): Generator<unknown, void, undefined> {
  let left = count;
  for (let chunk = stack; chunk !== undefined; chunk = chunk.below) {
    for (let i = chunk.values.length - 1; i >= 0 && left > 0; i--, left--) yield chunk.values[i];
  }
}

/** Turns a stack over: what was on top is at the bottom, and holds the first of these values, which are at most as many. */
export function turned(stack: Chunk | undefined, values: readonly unknown[]): Chunk | undefined {
  let top: Chunk | undefined;
  let next = 0;
  for (let chunk = stack; chunk !== undefined && next < values.length; ) {
    const { below } = chunk;
    next += refill(chunk.values, values, next);
    chunk.below = top;
    top = chunk;
    chunk = below;
  }
  return top;
}

/** Puts values, from an index on, in place of those in the list. Gives how many there were. */
function refill(list: unknown[], values: readonly unknown[], from: number): number {
  if (list.length > values.length - from) list.length = values.length - from;
  for (let i = 0; i < list.length; i++) list[i] = values[from + i];
  return list.length;
}
