import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { subtractRanges } from '../../lib/range/subtract-ranges.js';
import { FUZZ_RUNS } from '../run/rounds.js';

const LENGTH = 40;

describe('subtractRanges', () => {
  it('leaves precisely what lies in none of the others, whatever the ranges are', () => {
    const cells = fc.array(fc.boolean(), { minLength: LENGTH, maxLength: LENGTH });
    fc.assert(
      fc.property(cells, cells, (from, others) => {
        const left = from.map((there, at) => there && others[at] !== true);
        expect(subtractRanges(rangesOf(from), rangesOf(others))).toEqual(rangesOf(left));
      }),
      { numRuns: 10 * FUZZ_RUNS },
    );
  });

  it('takes others that overlap, ordered by their starts, as one', () => {
    const others = fc.array(fc.tuple(fc.nat(LENGTH), fc.nat(LENGTH)), { maxLength: 8 });
    const cells = fc.array(fc.boolean(), { minLength: LENGTH, maxLength: LENGTH });
    fc.assert(
      fc.property(cells, others, (from, pairs) => {
        const ranges = pairs
          .map(([one, other]) => ({ start: Math.min(one, other), end: Math.max(one, other) }))
          .sort((one, other) => one.start - other.start);
        const left = from.map((there, at) => there && !ranges.some(({ start, end }) => start <= at && at < end));
        expect(subtractRanges(rangesOf(from), ranges).flatMap(cellsOf)).toEqual(rangesOf(left).flatMap(cellsOf));
      }),
      { numRuns: 10 * FUZZ_RUNS },
    );
  });

  it('keeps ranges that touch apart', () => {
    const touching = [
      { start: 0, end: 5 },
      { start: 5, end: 9 },
    ];
    expect(subtractRanges(touching, [{ start: 2, end: 6 }])).toEqual([
      { start: 0, end: 2 },
      { start: 6, end: 9 },
    ]);
    expect(subtractRanges(touching, [])).toEqual(touching);
  });
});

function cellsOf({ start, end }: { start: number; end: number }): number[] {
  return Array.from({ length: end - start }, (_, index) => start + index);
}

/** The runs of true cells. */
function rangesOf(cells: readonly boolean[]): { start: number; end: number }[] {
  const ranges: { start: number; end: number }[] = [];
  cells.forEach((there, at) => {
    if (!there) return;
    const last = ranges.at(-1);
    if (last?.end === at) last.end = at + 1;
    else ranges.push({ start: at, end: at + 1 });
  });
  return ranges;
}
