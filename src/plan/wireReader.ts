import { bug } from '../base/errors.ts';
import { StringCache } from './stringCache.ts';
import { tag } from './wireTags.ts';

/**
 * Reads values written by WireWriter from `bytes[start, end)`, which may be shared memory. What it returns refers to none
 * of it. Throws StreamjobError `bug` for bytes that are no values: damage is found by checksums before it gets here.
 */
export class WireReader {
  readonly #bytes: Uint8Array;
  readonly #buffer: Buffer;
  readonly #view: DataView;
  readonly #end: number;
  #at: number;

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.#buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#at = start;
    this.#end = end;
  }

  /** True when every value has been read. */
  get done(): boolean {
    return this.#at >= this.#end;
  }

  /** The offset of the next value, or of the next item. */
  get position(): number {
    return this.#at;
  }

  read(): unknown {
    const start = this.#at;
    try {
      const value = this.#value();
      if (this.#at <= this.#end) return value;
    } catch (error) {
      // Damage may nest deeper than the stack or name lengths that nothing can have.
      if (!(error instanceof RangeError)) throw error;
    }
    throw damaged(start);
  }

  /** Goes into an array: its items come next. Gives how many. */
  enter(): number {
    const first = this.#bytes[this.#at++];
    if (first === tag.pair) return 2;
    if (first === tag.array) return this.#count();
    throw damaged(this.#at - 1);
  }

  /** Passes over a value. */
  skip(): void {
    const first = this.#bytes[this.#at++]!;
    if (first >= tag.smallInt) return;
    if (first >= tag.shortString) this.#take(first & 0x3f);
    else this.#skipTagged(first);
  }

  #skipTagged(first: number): void {
    switch (first) {
      case tag.pair:
        return this.#skipItems(2);
      case tag.array:
      case tag.set:
        return this.#skipItems(this.#count());
      case tag.object:
      case tag.map:
        return this.#skipItems(2 * this.#count());
      case tag.latin1:
      case tag.bytes:
        return this.#take(this.#count());
      case tag.utf16:
        return this.#take(2 * this.#count());
      default:
        this.#at--;
        this.read();
    }
  }

  #skipItems(count: number): void {
    for (let i = 0; i < count; i++) this.skip();
  }

  #value(): unknown {
    const first = this.#bytes[this.#at++]!;
    if (first >= tag.smallInt) return first & 0x7f;
    if (first >= tag.shortString) return this.#shortString(first & 0x3f);
    if (first === tag.pair) return [this.#value(), this.#value()];
    return this.#tagged(first);
  }

  #tagged(first: number): unknown {
    switch (first) {
      case tag.null:
        return null;
      case tag.undefined:
        return undefined;
      case tag.false:
        return false;
      case tag.true:
        return true;
      case tag.latin1:
      case tag.utf16:
        return this.#longString(first);
      case tag.array:
        return this.#array();
      case tag.object:
        return this.#object();
      case tag.map:
        return this.#map();
      case tag.set:
        return new Set(this.#array());
      case tag.bytes:
        return this.#copyBytes();
      case tag.bigint:
        return this.#bigint();
      default:
        return this.#fixed(first);
    }
  }

  #fixed(first: number): unknown {
    const at = this.#at;
    switch (first) {
      case tag.int16:
        this.#take(2);
        return this.#view.getInt16(at, true);
      case tag.int32:
        this.#take(4);
        return this.#view.getInt32(at, true);
      case tag.double:
        this.#take(8);
        return this.#view.getFloat64(at, true);
      case tag.date:
        this.#take(8);
        return new Date(this.#view.getFloat64(at, true));
      case tag.bigint64:
        this.#take(8);
        return this.#view.getBigInt64(at, true);
      default:
        throw damaged(at - 1);
    }
  }

  #shortString(length: number): string {
    const at = this.#at;
    this.#take(length);
    return strings.latin1(this.#buffer, at, length);
  }

  #longString(first: number): string {
    const length = this.#count();
    const at = this.#at;
    this.#take(first === tag.utf16 ? length * 2 : length);
    return this.#buffer.toString(first === tag.utf16 ? 'utf16le' : 'latin1', at, this.#at);
  }

  #bigint(): bigint {
    const [, sign, digits] = /^(-?)([0-9a-f]+)$/.exec(this.#text()) ?? [];
    if (digits === undefined) throw damaged(this.#at);
    return sign === '-' ? -BigInt(`0x${digits}`) : BigInt(`0x${digits}`);
  }

  #text(): string {
    const text = this.#value();
    if (typeof text !== 'string') throw damaged(this.#at);
    return text;
  }

  #array(): unknown[] {
    const length = this.#count();
    const array: unknown[] = [];
    for (let i = 0; i < length; i++) array.push(this.#value());
    return array;
  }

  #object(): Record<string, unknown> {
    const fields = this.#count();
    const object: Record<string, unknown> = {};
    for (let i = 0; i < fields; i++) {
      const name = this.#text();
      if (name === '__proto__') defineField(object, name, this.#value());
      else object[name] = this.#value();
    }
    return object;
  }

  #map(): Map<unknown, unknown> {
    const size = this.#count();
    const map = new Map<unknown, unknown>();
    for (let i = 0; i < size; i++) map.set(this.#value(), this.#value());
    return map;
  }

  #copyBytes(): Uint8Array {
    const length = this.#count();
    const at = this.#at;
    this.#take(length);
    // slice() of a Buffer is a view, and slice() of shared memory would be shared.
    const copy = new Uint8Array(length);
    copy.set(this.#bytes.subarray(at, at + length));
    return copy;
  }

  #count(): number {
    let count = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined || shift > 28) throw damaged(this.#at);
      count += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return count;
    }
  }

  #take(bytes: number): void {
    this.#at += bytes;
    if (this.#at > this.#end) throw damaged(this.#at - bytes);
  }
}

/** One for the thread: the same words come again in every bucket and batch. */
const strings = new StringCache();

/** Assigning to `__proto__` would set the prototype. */
export function defineField(object: object, name: string, value: unknown): void {
  Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true });
}

const damaged = (at: number): Error => bug(`bytes that are not in wire format, at offset ${at}.`);
