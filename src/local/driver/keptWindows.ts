import { KeptReader, KeptWriter } from '../../engine/keptFile.ts';
import type { KeptPiece, KeptState } from '../../engine/keptPiece.ts';
import type { Keeper } from '../../plan/kept.ts';
import type { WindowNode } from '../../plan/plan.ts';
import type { RawWindows } from './rawWindows.ts';

/** No thread has this number. */
const driver = 0;

/** The records that windows hold, on the disk: bytes that nobody looks at. */
export class KeptWindows {
  readonly #state: KeptState;
  readonly #keepers: readonly Keeper[];
  readonly #windows: RawWindows;
  readonly #writer: KeptWriter;

  constructor(state: KeptState, keepers: readonly Keeper[], windows: RawWindows) {
    this.#state = state;
    this.#keepers = keepers.filter(({ kind }) => kind === 'records');
    this.#windows = windows;
    this.#writer = new KeptWriter(state.directory, `${state.run}-${driver}-records`);
  }

  /** Puts back into the windows what they had. Throws `checkpoint-damaged`, and `memory-limit`. */
  async read(pieces: readonly KeptPiece[]): Promise<void> {
    const reader = new KeptReader(this.#state.directory);
    try {
      const newest = pieces.reduce((latest, { time }) => Math.max(latest, time), 0);
      for (const { id, node } of this.#keepers) {
        const since = newest - (node as WindowNode).length;
        for (const piece of pieces.filter(({ keeper, time }) => keeper === id && time > since)) {
          this.#windows.enterAgain(node.id, piece.time, piece.partition, reader.frames(piece));
          await new Promise((resolve) => setImmediate(resolve));
        }
      }
    } finally {
      reader.close();
    }
  }

  /** Writes what a batch brought. Resolves when it is safe. */
  async write(time: number): Promise<KeptPiece[]> {
    const pieces: KeptPiece[] = [];
    for (const { id, kind, node } of this.#keepers) {
      const partitions = this.#windows.brought(node.id, time);
      for (const [partition, frames] of partitions.entries()) {
        if (!frames) continue;
        const head = { keeper: id, kind, time, partition, partitions: partitions.length };
        pieces.push(await this.#writer.piece(head, frames));
      }
    }
    if (pieces.length > 0) await this.#writer.sync();
    return pieces;
  }

  close(): Promise<void> {
    return this.#writer.close();
  }
}
