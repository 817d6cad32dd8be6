import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { CoverageSnapshot } from '../../lib/coverage/coverage.js';
import { PlainCoverage } from '../support/plain-coverage.js';

const FUZZ_RUNS = Number(process.env.FUZZ_RUNS ?? 100);
const SIZE = 120;

function snapshotOf(oracle: PlainCoverage): CoverageSnapshot {
  return new CoverageSnapshot(
    Float64Array.from(oracle.ranges().flatMap(({ start, end }) => [start, end])),
    oracle.count(),
  );
}

const oracle = fc.array(fc.boolean(), { minLength: SIZE, maxLength: SIZE }).map((bytes) => {
  const plain = new PlainCoverage(SIZE);
  bytes.forEach((covered, at) => {
    plain.bytes[at] = covered;
  });
  return plain;
});
const range = fc.tuple(fc.nat(SIZE), fc.nat(SIZE)).map(([a, b]) => ({ start: Math.min(a, b), end: Math.max(a, b) }));

describe('Coverage', () => {
  it('answers every question as a plain array of flags does', () => {
    fc.assert(
      fc.property(oracle, range, (plain, within) => {
        const coverage = snapshotOf(plain);
        const { start, end } = within;
        expect(coverage.toArray()).toEqual(plain.ranges());
        expect([...coverage]).toEqual(plain.ranges());
        expect(coverage.rangeCount).toBe(plain.ranges().length);
        expect(coverage.has(within)).toBe(plain.count(start, end) === end - start);
        expect(coverage.coveredUntil(start)).toBe(plain.coveredUntil(start));
        expect(coverage.coveredBytesIn(within)).toBe(plain.count(start, end));
        expect(coverage.gaps(within)).toEqual(plain.ranges(false, start, end));
        expect(coverage.nextGap(start, end)).toEqual(plain.ranges(false, start, end)[0]);
      }),
      { numRuns: 5 * FUZZ_RUNS },
    );
  });

  it('has one gap without end when nothing is covered', () => {
    const empty = new CoverageSnapshot(new Float64Array(0), 0);
    expect(empty.nextGap(7)).toEqual({ start: 7, end: Number.MAX_SAFE_INTEGER });
    expect(empty.gaps({ start: 3, end: 9 })).toEqual([{ start: 3, end: 9 }]);
    expect(empty.has({ start: 4, end: 4 })).toBe(true);
    expect(empty.toArray()).toEqual([]);
  });

  it.each([
    [-1, 2],
    [3, 2],
    [0.5, 2],
    [NaN, 2],
    [0, 2 ** 53],
    [0, Infinity],
  ])('refuses the range [%p, %p) with INVALID_RANGE', (start, end) => {
    const coverage = new CoverageSnapshot(Float64Array.of(0, 5), 5);
    const refusal: unknown = expect.objectContaining({ code: 'INVALID_RANGE' });
    expect(() => coverage.has({ start, end })).toThrow(refusal);
    expect(() => coverage.gaps({ start, end })).toThrow(refusal);
    expect(() => coverage.coveredBytesIn({ start, end })).toThrow(refusal);
  });
});
