/** Libraries without types: what is used of them. */
declare module 'snappyjs' {
  const snappy: {
    compress(bytes: Buffer): Buffer;
    uncompress(bytes: Buffer): Buffer;
  };
  export default snappy;
}

declare module 'lz4js' {
  const lz4: {
    compressBound(length: number): number;
    /** Returns the length, or 0 if the block does not become smaller. The table is all zeros. */
    compressBlock(from: Buffer, to: Buffer, start: number, length: number, table: Uint32Array): number;
    decompress(frame: Buffer): Uint8Array;
  };
  export default lz4;
}

declare module 'lz4js/xxh32.js' {
  const xxhash: { hash(seed: number, bytes: Buffer, start: number, length: number): number };
  export default xxhash;
}
