import { describe, expect, it } from '@jest/globals';
import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js';
import fc from 'fast-check';

import { decodeRecord, encodeRecord, LONGEST_RECORD, MOST_RANGES } from '../../lib/record/record-codec.js';
import { RECORD, sealed, sha256 } from '../support/sealed.js';

const FUZZ_RUNS = Number(process.env.FUZZ_RUNS ?? 100);

describe('a record', () => {
  it('is read back as it was written', () => {
    const bound = fc.maxSafeNat();
    const given = fc.record({
      bounds: fc.uniqueArray(bound, { maxLength: 40 }),
      expectedLength: fc.option(bound, { nil: undefined }),
      identity: fc.option(fc.string({ unit: 'binary' }), { nil: undefined }),
      neverCommitted: fc.boolean(),
      file: fc.option(
        fc.record({
          inode: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
          modified: fc.double({ noNaN: true }),
          changed: fc.double({ noNaN: true }),
        }),
        { nil: undefined },
      ),
    });
    fc.assert(
      fc.property(given, ({ bounds, expectedLength, identity, neverCommitted, file }) => {
        const sorted = bounds.sort((one, other) => one - other);
        const coverage = Array.from({ length: sorted.length >> 1 }, (_, index) => ({
          start: sorted[2 * index] ?? 0,
          end: sorted[2 * index + 1] ?? 0,
        }));
        const record = { coverage, expectedLength, identity, neverCommitted };
        const read = decodeRecord(encodeRecord(record, sha256, file), sha256);
        expect(read).toEqual({
          coverage,
          expectedLength,
          identity,
          file,
          coveredBytes: coverage.reduce((sum, { start, end }) => sum + (end - start), 0),
          coveredEnd: coverage.at(-1)?.end ?? 0,
          neverCommitted,
          digest: expect.any(Uint8Array) as unknown,
        });
      }),
      { numRuns: 5 * FUZZ_RUNS },
    );
  });

  it('is not believed when it is cut at any length', () => {
    const whole = encodeRecord(RECORD, sha256);
    for (let length = 0; length < whole.length; length += 1) {
      expect(decodeRecord(whole.subarray(0, length), sha256)).toMatchObject({
        reason: length < 8 ? 'format' : 'damaged',
      });
    }
    expect(decodeRecord(Buffer.concat([whole, Buffer.alloc(1)]), sha256)).toMatchObject({ reason: 'damaged' });
  });

  it('is not believed when any bit of it is flipped', () => {
    const whole = encodeRecord(RECORD, sha256);
    for (let bit = 0; bit < whole.length * 8; bit += 1) {
      const flipped = Buffer.from(whole);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(decodeRecord(flipped, sha256)).toMatchObject({ reason: bit < 64 ? 'format' : 'damaged' });
    }
  });

  it.each<[string, (bytes: Buffer) => void, string]>([
    ['of a newer version', (bytes) => bytes.writeUInt32LE(3, 8), 'format'],
    ['with more ranges than it has', (bytes) => bytes.writeUInt32LE(2, 36), 'damaged'],
    ['with a range that ends before it starts', (bytes) => bytes.writeDoubleLE(40, 48), 'damaged'],
    ['with an empty range', (bytes) => bytes.writeDoubleLE(30, 48), 'damaged'],
    ['with an offset that is none', (bytes) => bytes.writeDoubleLE(0.5, 48), 'damaged'],
    ['with an offset past 2^53-1', (bytes) => bytes.writeDoubleLE(2 ** 53, 56), 'damaged'],
    ['with an expected length that is none', (bytes) => bytes.writeDoubleLE(-1, 16), 'damaged'],
  ])('%s is not believed, though its digest is right', (_what, change, reason) => {
    expect(decodeRecord(sealed(change), sha256)).toMatchObject({ reason });
  });

  it('has the bytes that its format says', () => {
    const file = { inode: 2n ** 63n + 5n, modified: 1.5, changed: 2.25 };
    for (const stamp of [undefined, file]) {
      const header = stamp === undefined ? 40 : 56;
      const expected = Buffer.alloc(header + 8 + 16);
      expected.write('tidemark', 'latin1');
      expected.writeUInt32LE(stamp === undefined ? 1 : 2, 8);
      expected.writeUInt32LE(3, 12);
      expected.writeDoubleLE(100, 16);
      expected.writeUInt32LE(4, 32);
      expected.writeUInt32LE(1, 36);
      if (stamp !== undefined) {
        expected.writeDoubleLE(1.5, 24);
        expected.writeBigUInt64LE(stamp.inode, 40);
        expected.writeDoubleLE(2.25, 48);
      }
      expected.write('"v1"', header, 'utf16le');
      expected.writeDoubleLE(10, header + 8);
      expected.writeDoubleLE(30, header + 16);
      const bytes = encodeRecord(RECORD, sha256, stamp);
      expect(Buffer.compare(bytes, Buffer.concat([expected, sha256(expected)]))).toBe(0);
    }
  });

  it('is the same with a digest that knows no Node', () => {
    const bytes = encodeRecord(RECORD, nobleSha256);
    expect(Buffer.compare(bytes, encodeRecord(RECORD, sha256))).toBe(0);
    expect(decodeRecord(bytes, nobleSha256)).toEqual(decodeRecord(bytes, sha256));
  });

  it('keeps every code unit of a long identity', () => {
    const identity = `\ufeff${'\ud800'.repeat(5000)}\u0000z`;
    const read = decodeRecord(encodeRecord({ ...RECORD, identity }, sha256), sha256);
    expect('reason' in read ? read : read.identity === identity).toBe(true);
  });

  const manyRanges = (count: number): { start: number; end: number }[] =>
    Array.from({ length: count }, (_, index) => ({ start: index * 3, end: index * 3 + 1 }));

  it('of more ranges than are read keeps the first ones', () => {
    const more = decodeRecord(encodeRecord({ ...RECORD, coverage: manyRanges(MOST_RANGES + 1) }, sha256), sha256);
    expect('reason' in more ? more : [more.coverage.length, more.coverage[MOST_RANGES - 1]]).toEqual([
      MOST_RANGES,
      { start: (MOST_RANGES - 1) * 3, end: (MOST_RANGES - 1) * 3 + 1 },
    ]);
  });

  it('that claims more ranges than are read is refused', () => {
    // With a right length and digest, as somebody may have made it by hand.
    const ranges = Buffer.alloc((MOST_RANGES + 1) * 16);
    for (let index = 0; index <= MOST_RANGES; index += 1) {
      ranges.writeDoubleLE(index * 3, index * 16);
      ranges.writeDoubleLE(index * 3 + 1, index * 16 + 8);
    }
    const head = Buffer.from(encodeRecord({ ...RECORD, coverage: [], identity: undefined }, sha256).subarray(0, 40));
    head.writeUInt32LE(MOST_RANGES + 1, 36);
    const bytes = Buffer.concat([head, ranges]);
    const whole = Buffer.concat([bytes, sha256(bytes)]);
    expect(decodeRecord(whole, sha256)).toMatchObject({
      reason: 'format',
      message: expect.stringContaining('1048577') as unknown,
    });
    expect(whole.length).toBeLessThan(LONGEST_RECORD);
  });

  it('of a million ranges is read back', () => {
    const read = decodeRecord(encodeRecord({ ...RECORD, coverage: manyRanges(1_000_000) }, sha256), sha256);
    expect('reason' in read ? read : read.coveredBytes).toBe(1_000_000);
  });
});
