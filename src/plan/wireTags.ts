/** Raised when bytes written by an older version could not be read any more. Files that keep wire bytes record it. */
export const wireVersion = 1;

/** The first byte of a value. README.md of this folder says what follows each. */
export const tag = {
  null: 0x00,
  undefined: 0x01,
  false: 0x02,
  true: 0x03,
  int16: 0x04,
  int32: 0x05,
  double: 0x06,
  bigint64: 0x07,
  bigint: 0x08,
  date: 0x09,
  bytes: 0x0a,
  latin1: 0x0b,
  utf16: 0x0c,
  pair: 0x0d,
  array: 0x0e,
  object: 0x0f,
  map: 0x10,
  set: 0x11,
  /** Plus the length: a string of up to 63 characters, all of them up to 0xff. */
  shortString: 0x40,
  /** Plus the number: a whole number from 0 to 127. */
  smallInt: 0x80,
} as const;

export const maxShortString = 63;
export const maxSmallInt = 127;
