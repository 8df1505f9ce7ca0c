import { StreamjobError } from '../base/errors.ts';
import { checkValue, isBytes, isDate, isMap, isPlainObject, isSet, maxDepth, notAValue } from './value.ts';
import { maxShortString, maxSmallInt, tag } from './wireTags.ts';

/** Room for any scalar that has no length of its own. */
const scalarRoom = 16;

const notLatin1 = /[^\0-\xff]/;

/**
 * Writes values one after the other into a buffer that grows. With `canonical` it writes canonical bytes: object fields
 * sorted by name, -0 as 0, and no Map or Set, so that equal keys have equal bytes.
 */
export class WireWriter {
  readonly #canonical: boolean;
  #buffer: Buffer;
  #view: DataView;
  #length = 0;

  constructor(options: { readonly canonical?: boolean; readonly initialBytes?: number } = {}) {
    this.#canonical = options.canonical ?? false;
    this.#buffer = Buffer.allocUnsafeSlow(Math.max(scalarRoom, options.initialBytes ?? 4096));
    this.#view = viewOf(this.#buffer);
  }

  /** Bytes written since the last `reset()`. */
  get length(): number {
    return this.#length;
  }

  /** What was written. A view of the writer's own memory: valid until the next write or reset. */
  bytes(): Uint8Array {
    return new Uint8Array(this.#buffer.buffer, this.#buffer.byteOffset, this.#length);
  }

  /** The writer's memory, whose first `length` bytes were written: `bytes()` without making a view. */
  get buffer(): Uint8Array {
    return this.#buffer;
  }

  /** What was written, each byte as one character. */
  latin1(): string {
    return this.#buffer.toString('latin1', 0, this.#length);
  }

  reset(): void {
    this.#length = 0;
  }

  /** Throws StreamjobError `not-a-value` for anything outside the value domain; then nothing of it was written. */
  write(value: unknown): void {
    const start = this.#length;
    try {
      this.#value(value, 0);
    } catch (error) {
      this.#length = start;
      throw error === foreign ? refused(value) : error;
    }
  }

  /** The same as `write([key, value])`. */
  writePair(key: unknown, value: unknown): void {
    const start = this.#length;
    try {
      this.#tag(tag.pair);
      this.#value(key, 1);
      this.#value(value, 1);
    } catch (error) {
      this.#length = start;
      throw error === foreign ? refused([key, value]) : error;
    }
  }

  /** Adds what another writer wrote. */
  copy(bytes: Uint8Array, start: number, end: number): void {
    this.#need(end - start);
    // A view costs more than a few bytes.
    if (end - start > 256) this.#buffer.set(bytes.subarray(start, end), this.#length);
    else for (let i = start, to = this.#length; i < end; i++, to++) this.#buffer[to] = bytes[i]!;
    this.#length += end - start;
  }

  #value(value: unknown, depth: number): void {
    if (typeof value === 'string') this.#string(value);
    else if (typeof value === 'number') this.#number(value);
    else if (typeof value === 'object' && value !== null) this.#compound(value, depth);
    else if (typeof value === 'bigint') this.#bigint(value);
    else this.#constant(value);
  }

  #constant(value: unknown): void {
    if (value === null) this.#tag(tag.null);
    else if (value === undefined) this.#tag(tag.undefined);
    else if (value === false) this.#tag(tag.false);
    else if (value === true) this.#tag(tag.true);
    else throw foreign;
  }

  #number(value: number): void {
    this.#need(scalarRoom);
    const int = value | 0;
    if (int !== value || (int === 0 && 1 / value < 0 && !this.#canonical)) {
      this.#double(tag.double, value);
    } else if (int >= 0 && int <= maxSmallInt) {
      this.#buffer[this.#length++] = tag.smallInt | int;
    } else if (int >= -0x8000 && int <= 0x7fff) {
      this.#buffer[this.#length] = tag.int16;
      this.#view.setInt16(this.#length + 1, int, true);
      this.#length += 3;
    } else {
      this.#buffer[this.#length] = tag.int32;
      this.#view.setInt32(this.#length + 1, int, true);
      this.#length += 5;
    }
  }

  #double(kind: number, value: number): void {
    this.#buffer[this.#length] = kind;
    this.#view.setFloat64(this.#length + 1, value, true);
    // A NaN has many bit patterns, and the engine may write any of them; the wire has one.
    if (Number.isNaN(value)) this.#view.setBigUint64(this.#length + 1, 0x7ff8000000000000n, true);
    this.#length += 9;
  }

  #bigint(value: bigint): void {
    this.#need(scalarRoom);
    if (BigInt.asIntN(64, value) !== value) {
      this.#tag(tag.bigint);
      this.#string(value.toString(16));
      return;
    }
    this.#buffer[this.#length] = tag.bigint64;
    this.#view.setBigInt64(this.#length + 1, value, true);
    this.#length += 9;
  }

  #string(text: string): void {
    if (text.length > maxShortString || !this.#shortString(text)) this.#longString(text);
  }

  /** False if a character does not fit one byte; then nothing was written. */
  #shortString(text: string): boolean {
    const { length } = text;
    this.#need(length + 1);
    const buffer = this.#buffer;
    const start = this.#length + 1;
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code > 0xff) return false;
      buffer[start + i] = code;
    }
    buffer[start - 1] = tag.shortString | length;
    this.#length = start + length;
    return true;
  }

  #longString(text: string): void {
    const wide = notLatin1.test(text);
    const bytes = wide ? text.length * 2 : text.length;
    this.#tag(wide ? tag.utf16 : tag.latin1);
    this.#count(text.length);
    this.#need(bytes);
    if (wide) this.#buffer.write(text, this.#length, bytes, 'utf16le');
    else this.#buffer.write(text, this.#length, bytes, 'latin1');
    this.#length += bytes;
  }

  #compound(value: object, depth: number): void {
    if (depth >= maxDepth) throw foreign;
    if (Array.isArray(value)) this.#array(value, depth + 1);
    else if (isPlainObject(value)) this.#object(value, depth + 1);
    else if (isDate(value)) this.#date(value);
    else if (isBytes(value)) this.#bytes(value);
    else if (this.#canonical) throw foreign;
    else if (isMap(value)) this.#map(value, depth + 1);
    else if (isSet(value)) this.#set(value, depth + 1);
    else throw foreign;
  }

  #array(array: readonly unknown[], depth: number): void {
    const { length } = array;
    if (length === 2) this.#tag(tag.pair);
    else {
      this.#tag(tag.array);
      this.#count(length);
    }
    for (let i = 0; i < length; i++) this.#value(array[i], depth);
  }

  #object(object: Record<string, unknown>, depth: number): void {
    const keys = Object.keys(object);
    if (this.#canonical && keys.length > 1) keys.sort();
    this.#tag(tag.object);
    this.#count(keys.length);
    for (const key of keys) {
      this.#string(key);
      this.#value(object[key], depth);
    }
  }

  #date(date: Date): void {
    this.#need(scalarRoom);
    this.#double(tag.date, date.getTime());
  }

  #bytes(bytes: Uint8Array): void {
    this.#tag(tag.bytes);
    this.#count(bytes.length);
    this.#need(bytes.length);
    this.#buffer.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  #map(map: Map<unknown, unknown>, depth: number): void {
    this.#tag(tag.map);
    this.#count(map.size);
    for (const [key, item] of map) {
      this.#value(key, depth);
      this.#value(item, depth);
    }
  }

  #set(set: Set<unknown>, depth: number): void {
    this.#tag(tag.set);
    this.#count(set.size);
    for (const item of set) this.#value(item, depth);
  }

  #tag(byte: number): void {
    this.#need(1);
    this.#buffer[this.#length++] = byte;
  }

  /** Seven bits a byte, the low ones first; a set high bit says that more follow. */
  #count(count: number): void {
    this.#need(scalarRoom);
    let rest = count;
    while (rest > 0x7f) {
      this.#buffer[this.#length++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.#buffer[this.#length++] = rest;
  }

  #need(bytes: number): void {
    if (this.#length + bytes > this.#buffer.length) this.#grow(this.#length + bytes);
  }

  #grow(atLeast: number): void {
    const grown = Buffer.allocUnsafeSlow(Math.max(atLeast, this.#buffer.length * 2));
    grown.set(this.#buffer.subarray(0, this.#length));
    this.#buffer = grown;
    this.#view = viewOf(grown);
  }
}

/** Thrown inside, where the path is not known; `write` looks for it only when it is needed. */
const foreign = new Error('not a value');

function refused(value: unknown): StreamjobError {
  const what = checkValue(value);
  if (what !== undefined) return notAValue(what);
  return new StreamjobError('not-a-value', 'A key must not hold a Map or Set, whose order would count.', {
    remedy: 'Use an array or a plain object as key: [...map] or Object.fromEntries(map).',
  });
}

const viewOf = (buffer: Buffer): DataView => new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
