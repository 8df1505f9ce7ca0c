import { type BlockContent, type BlockWriter, readBlock, type StoredBlock } from '../../engine/blockFile.ts';
import type { NodeId } from '../../plan/plan.ts';
import { WireReader, WireWriter } from '../../plan/wire.ts';
import type { Block, FromWorker } from '../wire/messages.ts';
import type { SlabPool } from '../wire/slabs.ts';

export interface KeeperOptions {
  readonly source: NodeId;
  readonly pool: SlabPool;
  /** Absent: blocks are only in memory. */
  readonly writer?: BlockWriter | undefined;
  say(message: FromWorker): void;
  /** Blocks cannot be kept any more: no other is announced. */
  failed(error: unknown): void;
}

interface Waiting {
  readonly block: Block;
  readonly slabs: readonly number[];
}

/** Announces the blocks of a source, in their order: where they are to be kept, when they are safe on the disk. */
export class BlockKeeper {
  readonly #options: KeeperOptions;
  #waiting: Waiting[] = [];
  /** Resolves when all blocks have been announced. */
  #settled: Promise<void> = Promise.resolve();
  #writing = false;

  constructor(options: KeeperOptions) {
    this.#options = options;
  }

  take(block: Block, slabs: readonly number[]): void {
    if (!this.#options.writer) return this.#announce({ block, slabs });
    this.#waiting.push({ block, slabs });
    if (!this.#writing) this.#settled = this.#write(this.#options.writer);
    this.#settled.catch(() => undefined);
  }

  /** Resolves when all blocks are safe and announced; rejects if they could not be kept. */
  settled(): Promise<void> {
    return this.#settled;
  }

  async close(): Promise<void> {
    await this.#settled.catch(() => undefined);
    await this.#options.writer?.close();
  }

  /** Blocks that come while others are being written go together. */
  async #write(writer: BlockWriter): Promise<void> {
    this.#writing = true;
    try {
      while (this.#waiting.length > 0) {
        const waiting = this.#waiting.splice(0);
        const stored = await writer.append(waiting.map(({ block }) => contentOf(block, this.#options.pool)));
        for (const [i, one] of waiting.entries()) this.#announce(one, stored[i]);
      }
      this.#writing = false;
    } catch (error) {
      this.#options.failed(error);
      throw error;
    }
  }

  #announce({ block, slabs }: Waiting, stored?: StoredBlock): void {
    const { source, say } = this.#options;
    say({ type: 'block', source, block, slabs, ...(stored && { stored }) });
  }
}

function contentOf({ extents, ...rest }: Block, pool: SlabPool): BlockContent {
  const data: Uint8Array[] = [];
  for (let i = 0; i < extents.length; i += 3) {
    const [slab, offset, length] = [extents[i]!, extents[i + 1]!, Math.abs(extents[i + 2]!)];
    data.push(pool.view(slab).subarray(offset, offset + length));
  }
  const wire = new WireWriter();
  wire.write(rest);
  return { data, bad: wire.bytes() };
}

/** A block of an earlier run: its bytes, and what else there is to it. */
export function restoredBlock(root: string, stored: StoredBlock): { data: Uint8Array; rest: Omit<Block, 'extents'> } {
  const { data, bad } = readBlock(root, stored);
  return { data, rest: new WireReader(bad).read() as Omit<Block, 'extents'> };
}
