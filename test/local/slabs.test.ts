import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PoolExhausted, readExtents, SlabWriter } from '#src/local/wire/extents.ts';
import { SlabPool, slabBytes } from '#src/local/wire/slabs.ts';

describe('SlabPool', () => {
  it('gives every slab once, from the low end, and -1 when all are taken', () => {
    const pool = SlabPool.create(3 * slabBytes);
    expect([pool.allocate(1), pool.allocate(1), pool.allocate(1), pool.allocate(1)]).toEqual([0, 1, 2, -1]);
    pool.release(1);
    expect(pool.used).toBe(2);
    expect(pool.allocate(1)).toBe(1);
  });

  it('keeps a slab until its last user has released it', () => {
    const pool = SlabPool.create(2 * slabBytes);
    const slab = pool.allocate(1);
    pool.retain(slab);
    pool.release(slab);
    expect(pool.used).toBe(1);
    pool.release(slab);
    expect(pool.used).toBe(0);
  });

  it('frees what a dead thread had, but not what it had handed over', () => {
    const pool = SlabPool.create(4 * slabBytes);
    const [mine, handedOver, other] = [pool.allocate(7), pool.allocate(7), pool.allocate(8)];
    pool.disown([handedOver]);
    pool.releaseOwned(7);
    expect(pool.used).toBe(2);
    expect(pool.allocate(9)).toBe(mine);
    expect([handedOver, other]).toEqual([1, 2]);
  });

  it('has slabs that do not overlap, with the header or with one another', () => {
    const pool = SlabPool.create(5 * slabBytes);
    for (let slab = 0; slab < pool.count; slab++) pool.view(pool.allocate(1)).fill(slab + 1);
    const seen = Array.from({ length: pool.count }, (_, slab) => new Set(pool.view(slab)));
    expect(seen).toEqual(Array.from({ length: pool.count }, (_, slab) => new Set([slab + 1])));
    expect(pool.used).toBe(pool.count);
  });
});

describe('SlabWriter', () => {
  it('gives back the bytes of every write in order, whatever their sizes', () => {
    const sizes = fc.array(fc.oneof(fc.integer({ min: 1, max: 5_000 }), fc.integer({ min: 1, max: 3 * slabBytes })), {
      maxLength: 12,
    });
    fc.assert(
      fc.property(sizes, fc.nat(11), (lengths, takeAt) => {
        const pool = SlabPool.create(64 * slabBytes);
        const writer = new SlabWriter(pool, 1);
        const records = lengths.map((length, i) => new Uint8Array(length).fill(i + 1));
        const taken: number[][] = [];
        for (const [i, record] of records.entries()) {
          writer.write(record, 0, record.length);
          if (i === takeAt) taken.push(writer.takeExtents());
        }
        taken.push(writer.takeExtents());
        const written = Buffer.concat(taken.flatMap((extents) => readAll(pool, extents)));
        expect(written.equals(Buffer.concat(records))).toBe(true);
        for (const slab of writer.takeSlabs()) pool.release(slab);
        writer.close();
        expect(pool.used).toBe(0);
      }),
      { numRuns: 60 },
    );
  });

  it('hands out a record larger than a slab whole, and those beside it apart from nothing', () => {
    const pool = SlabPool.create(16 * slabBytes);
    const writer = new SlabWriter(pool, 1);
    const large = new Uint8Array(2.5 * slabBytes).map((_, i) => i % 251);
    for (const record of [new Uint8Array([1, 2]), large, new Uint8Array([3])]) writer.write(record, 0, record.length);
    const pieces = readAll(pool, writer.takeExtents());
    expect(pieces.map((piece) => piece.length)).toEqual([2, large.length + 1]);
  });

  it('writes a record for which there are too few slabs not at all, and may be asked again', () => {
    const pool = SlabPool.create(4 * slabBytes);
    const writer = new SlabWriter(pool, 1);
    writer.write(new Uint8Array([1, 2]), 0, 2);
    const taken = pool.allocate(2);
    const large = new Uint8Array(2.5 * slabBytes).fill(7);
    expect(() => writer.write(large, 0, large.length)).toThrow(PoolExhausted);
    expect(readAll(pool, writer.takeExtents())).toEqual([Buffer.from([1, 2])]);
    for (const slab of writer.takeSlabs()) pool.release(slab);
    pool.release(taken);
    writer.close();
    writer.write(large, 0, large.length);
    expect(readAll(pool, writer.takeExtents()).map((piece) => piece.length)).toEqual([large.length]);
  });

  it('throws PoolExhausted when no slab is free', () => {
    const writer = new SlabWriter(SlabPool.create(2 * slabBytes), 1);
    const record = new Uint8Array(slabBytes);
    writer.write(record, 0, record.length);
    writer.write(record, 0, record.length);
    expect(() => writer.write(record, 0, record.length)).toThrow(PoolExhausted);
  });
});

function readAll(pool: SlabPool, extents: number[]): Buffer[] {
  const pieces: Buffer[] = [];
  readExtents(pool, extents, (bytes, start, end) => pieces.push(Buffer.from(bytes.subarray(start, end))));
  return pieces;
}
