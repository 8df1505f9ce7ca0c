import { bug } from '../../base/errors.ts';

/** Reads the variable-length numbers of records: zigzag, seven bits a byte. */
export class Cursor {
  readonly bytes: Buffer;
  at = 0;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  /** A number of at most 32 bits. */
  varint(): number {
    const { bytes } = this;
    let byte = bytes[this.at++]!;
    if (byte < 0x80) return (byte >>> 1) ^ -(byte & 1);
    let value = byte & 0x7f;
    for (let shift = 7; byte >= 0x80; shift += 7) {
      byte = bytes[this.at++] ?? outOfBounds(bytes);
      value |= (byte & 0x7f) << shift;
    }
    return (value >>> 1) ^ -(value & 1);
  }

  /** A number of at most 53 bits, such as the distance of two times. */
  varlong(): number {
    let factor = 1;
    let value = 0;
    for (let byte = 0x80; byte >= 0x80; factor *= 128) {
      byte = this.bytes[this.at++] ?? outOfBounds(this.bytes);
      value += (byte & 0x7f) * factor;
    }
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  /** Goes past a number of any size. */
  skip(): void {
    const { bytes } = this;
    while ((bytes[this.at++] ?? outOfBounds(bytes)) >= 0x80);
  }

  /** Bytes with their length before them, where they lie; null for a length of -1. */
  nullable(): Buffer | null {
    const length = this.varint();
    if (length < 0) return null;
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }
}

function outOfBounds(bytes: Buffer): never {
  throw bug(`a record batch of ${bytes.length} bytes whose checksum is right ends within a record`);
}
