import { KeyIndex, nowhere } from '../plan/keyIndex.ts';
import { WireReader } from '../plan/wire.ts';
import { covers, holdsKey, overlap, type Share, type StateEntry } from './keptEntries.ts';
import { Encoded, type KeptReader } from './keptFile.ts';
import type { KeptPiece } from './keptPiece.ts';

/**
 * Pieces of one state, from the oldest to the newest, put together for one partition, in no order. `whole`: the first of them begin with
 * nothing, so that what is removed need not be said. What is given is valid until the next.
 *
 * They are read from the newest to the oldest: what the newest says of a key is all there is to say, but for the state if the key was only
 * touched. So states are passed on as bytes, and keys are held but for those of the oldest piece, which is the largest by far.
 */
export function* mergedState(
  reader: KeptReader,
  pieces: readonly KeptPiece[],
  share: Share,
  whole: boolean,
): Generator<Encoded | StateEntry, void, undefined> {
  const said = new Said();
  const newestFirst = pieces.filter((piece) => overlap(piece, share)).reverse();
  for (const [i, piece] of newestFirst.entries()) {
    const isMine = covers(share, piece) ? () => true : (key: unknown) => holdsKey(share, key);
    const isOldest = i === newestFirst.length - 1;
    for (const entry of entriesOf(reader, piece)) {
      if (!isMine(entry.key)) continue;
      const given = said.first(entry, isOldest);
      if (given && !(whole && entry.items === 1)) yield given;
    }
  }
  yield* said.touches();
}

/** The keys of which all has been said, or all but the state. */
class Said {
  readonly #keys = new KeyIndex();
  /** When keys were touched whose states are in an older piece, by place. */
  readonly #touched = new Map<number, number>();

  /** What is to be passed on of an entry, if anything. `last`: there is no older one of its key. */
  first(entry: EncodedEntry, last: boolean): Encoded | StateEntry | undefined {
    const place = this.#keys.find(entry.key);
    if (place !== nowhere) return this.#stateOf(place, entry);
    if (last) return entry;
    const added = this.#keys.add(entry.key);
    if (entry.items !== 2) return entry;
    this.#touched.set(added, entry.second() as number);
    return undefined;
  }

  #stateOf(place: number, entry: EncodedEntry): StateEntry | undefined {
    const touched = this.#touched.get(place);
    if (touched === undefined || entry.items !== 3) return undefined;
    this.#touched.delete(place);
    return [entry.key, entry.second(), touched];
  }

  /** Keys that none of the pieces says more of. */
  *touches(): Generator<StateEntry, void, undefined> {
    for (const [place, touched] of this.#touched) yield [this.#keys.key(place), touched];
  }
}

/** An entry of which only the key has been decoded. */
class EncodedEntry extends Encoded {
  items = 0;
  key: unknown;
  behindKey = 0;

  /** What follows the key. */
  second(): unknown {
    return new WireReader(this.bytes, this.behindKey, this.end).read();
  }
}

/** One and the same object, again and again. */
function* entriesOf(reader: KeptReader, piece: KeptPiece): Generator<EncodedEntry, void, undefined> {
  const entry = new EncodedEntry();
  for (const frame of reader.frames(piece)) {
    const values = new WireReader(frame);
    entry.bytes = frame;
    while (!values.done) {
      entry.start = values.position;
      entry.items = values.enter();
      entry.key = values.read();
      entry.behindKey = values.position;
      for (let i = 1; i < entry.items; i++) values.skip();
      entry.end = values.position;
      yield entry;
    }
  }
}
