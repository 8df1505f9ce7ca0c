import { formatByteSize } from '../../base/byteSize.ts';
import { StreamjobError } from '../../base/errors.ts';
import type { Held, Remembered } from '../../engine/engine.ts';
import type { Frame } from '../../engine/keptFile.ts';
import { type NodeId, type Plan, stepName, type WindowNode } from '../../plan/plan.ts';
import { type Extents, extentsLength, PoolExhausted, readExtents, SlabWriter } from '../wire/extents.ts';
import { type SlabPool, slabBytes } from '../wire/slabs.ts';

/** The records of one partition of one batch, as bytes in slabs. */
interface Kept {
  readonly extents: Extents;
  /** Retained for it. */
  readonly slabs: readonly number[];
}

interface KeptBatch {
  readonly time: number;
  /** At their places in the order of partitions. */
  readonly partitions: Kept[];
}

/** More partitions than this many per thread only cost. */
const partitionsPerThread = 4;

/** The driver is no owner that dies. */
const noOwner = 0;

/**
 * The batches that `window` steps keep: bytes that nobody looks at before a slide. They lie in the pool, so they count
 * against `memoryLimit`.
 */
export class RawWindows {
  readonly #memory: SlabPool;
  readonly #maxPartitions: number;
  readonly #batches: ReadonlyMap<NodeId, KeptBatch[]>;
  readonly #nodes: readonly WindowNode[];
  /** Small pieces share slabs. */
  readonly #small: SlabWriter;

  constructor(plan: Plan, memory: SlabPool, parallelism: number) {
    this.#memory = memory;
    this.#maxPartitions = parallelism * partitionsPerThread;
    this.#nodes = plan.nodes.filter((node) => node.kind === 'window');
    this.#batches = new Map(this.#nodes.map(({ id }) => [id, []]));
    this.#small = new SlabWriter(memory, noOwner);
  }

  /** Drops what leaves every window by `time`, and what a batch after `standing` had brought: it is run again, or given up. */
  begin(time: number, standing: number): void {
    for (const { id, length } of this.#nodes) {
      const batches = this.#batches.get(id)!;
      while (batches.length > 0 && batches[0]!.time <= time - length) this.#release(batches.shift()!);
      while (batches.length > 0 && batches.at(-1)!.time > standing) this.#release(batches.pop()!);
      batches.push({ time, partitions: [] });
    }
  }

  /** How many partitions a window has in the batch that was begun, if `arriving` ones of it come. */
  partitions({ id }: WindowNode, arriving: number): number {
    const kept = this.#batches.get(id)!.slice(0, -1);
    return Math.min(
      kept.reduce((sum, { partitions }) => sum + partitions.length, arriving),
      this.#maxPartitions,
    );
  }

  /** Keeps a partition of the batch that was begun; the slabs of the extents are retained or what lies in them is copied. */
  keep(node: NodeId, place: number, extents: Extents): void {
    this.#batches.get(node)!.at(-1)!.partitions[place] = this.#copied(extents) ?? this.#retained(extents);
  }

  /** Puts a partition of an earlier batch back, in order of time. Throws `memory-limit`. */
  enterAgain(node: NodeId, time: number, place: number, frames: Iterable<Uint8Array>): void {
    const batches = this.#batches.get(node)!;
    if (batches.at(-1)?.time !== time) batches.push({ time, partitions: [] });
    try {
      for (const bytes of frames) this.#small.write(bytes, 0, bytes.length);
      batches.at(-1)!.partitions[place] = { extents: this.#small.takeExtents(), slabs: this.#small.takeSlabs() };
    } catch (thrown) {
      if (!(thrown instanceof PoolExhausted)) throw thrown;
      throw this.explained(
        new StreamjobError('memory-limit', 'What windows hold does not fit into settings.memoryLimit.'),
      );
    }
  }

  /** What a batch brought to the partitions of a window, as runs of whole values; undefined where there was no partition. */
  brought(node: NodeId, time: number): readonly (readonly Frame[] | undefined)[] {
    const newest = this.#batches.get(node)!.at(-1);
    return newest?.time === time ? Array.from(newest.partitions, (kept) => kept && this.#frames(kept)) : [];
  }

  /** What batches with times from `from` to `to` brought to a window. */
  between(node: NodeId, from: number, to: number): readonly Remembered[] {
    return this.#batches
      .get(node)!
      .filter(({ time }) => time >= from && time <= to)
      .map(({ time, partitions }) => ({
        batchTime: time,
        partitions: partitions.filter((kept) => kept !== undefined).map((kept) => this.#bytes(kept)),
      }));
  }

  #bytes(kept: Kept): Uint8Array {
    return Buffer.concat(this.#frames(kept).map(({ bytes }) => bytes));
  }

  #frames({ extents }: Kept): readonly Frame[] {
    const frames: Frame[] = [];
    readExtents(this.#memory, extents, (bytes, start, end) => {
      frames.push({ bytes: Uint8Array.prototype.slice.call(bytes, start, end), entries: 1 });
    });
    return frames;
  }

  /** What partition `index` of `count` of a window consists of: neighbouring ones of the kept batches, the oldest first. */
  partition(node: NodeId, index: number, count: number): Extents[] {
    const all = this.#batches.get(node)!.flatMap(({ partitions }) => partitions);
    const start = Math.floor((index * all.length) / count);
    const end = Math.floor(((index + 1) * all.length) / count);
    return all.slice(start, end).flatMap(({ extents }) => (extents.length > 0 ? [extents] : []));
  }

  /** Names the window that holds most, if windows hold most of the memory that a batch lacked. */
  explained(thrown: unknown): unknown {
    if (!(thrown instanceof StreamjobError) || thrown.code !== 'memory-limit') return thrown;
    const sizes = this.#nodes.map((node) => ({ node, slabs: this.#slabsOf(node.id) }));
    const [largest] = sizes.sort((a, b) => b.slabs - a.slabs);
    if (!largest || largest.slabs * 4 < this.#memory.count) return thrown;
    const { origin, remembered } = largest.node;
    const [held, limit] = [largest.slabs, this.#memory.count].map((slabs) => formatByteSize(slabs * slabBytes));
    const what = remembered ? `what is remembered of ${origin.name}` : `the window of ${stepName(origin)}`;
    const message = `${what} holds ${held} of the ${limit} that settings.memoryLimit allows`;
    return new StreamjobError('memory-limit', message, {
      at: origin.at,
      cause: thrown,
      remedy: remembered
        ? 'Raise settings.memoryLimit, or remember less: `remember` in the job file.'
        : 'Raise settings.memoryLimit, make the window shorter, or reduce before it (reduceByKeyAndWindow, countByWindow).',
    });
  }

  /** How much each window holds. */
  held(): readonly (readonly [NodeId, Held])[] {
    return [...this.#batches].map(([id, batches]) => {
      const kept = batches.flatMap(({ partitions }) => partitions);
      return [
        id,
        { bytes: kept.reduce((sum, { extents }) => sum + extentsLength(extents), 0), batches: batches.length },
      ];
    });
  }

  close(): void {
    this.#small.close();
    for (const batches of this.#batches.values()) for (const batch of batches.splice(0)) this.#release(batch);
  }

  /** A copy that shares its slabs with others, for what would keep a slab nearly empty. Undefined if there is no room. */
  #copied(extents: Extents): Kept | undefined {
    if (extentsLength(extents) > slabBytes / 4) return undefined;
    try {
      readExtents(this.#memory, extents, (bytes, start, end) => this.#small.write(bytes, start, end));
      return { extents: this.#small.takeExtents(), slabs: this.#small.takeSlabs() };
    } catch (thrown) {
      if (!(thrown instanceof PoolExhausted)) throw thrown;
      this.#small.takeExtents();
      for (const slab of this.#small.takeSlabs()) this.#memory.release(slab);
      return undefined;
    }
  }

  #retained(extents: Extents): Kept {
    const slabs = [...new Set(extents.filter((_, index) => index % 3 === 0))];
    for (const slab of slabs) this.#memory.retain(slab);
    return { extents, slabs };
  }

  #release({ partitions }: KeptBatch): void {
    for (const kept of partitions) for (const slab of kept?.slabs ?? []) this.#memory.release(slab);
  }

  #slabsOf(node: NodeId): number {
    return new Set(
      this.#batches.get(node)!.flatMap(({ partitions }) => partitions.flatMap((kept) => kept?.slabs ?? [])),
    ).size;
  }
}
