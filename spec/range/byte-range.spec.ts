import { describe, expect, it } from '@jest/globals';

import { isStorageError } from '../../lib/index.js';
import { MAX_OFFSET } from '../../lib/range/byte-range.js';
import { checkLength, checkRange, checkSpan } from '../../lib/range/checks.js';

/** The code of what `check` throws, or `'fine'`. */
function verdict(check: () => void): string {
  try {
    check();
    return 'fine';
  } catch (error) {
    return isStorageError(error) ? error.code : 'foreign';
  }
}

const notOffsets: unknown[] = [
  -1,
  -0.5,
  0.5,
  2 ** 53,
  2 ** 60,
  NaN,
  Infinity,
  -Infinity,
  '1',
  null,
  undefined,
  1n,
  {},
  [5],
  true,
];

describe('the domain of ranges', () => {
  it('is 0 to 2^53-1, both included', () => {
    expect(MAX_OFFSET).toBe(2 ** 53 - 1);
    for (const [start, end] of [
      [0, 0],
      [0, 1],
      [-0, 5],
      [MAX_OFFSET, MAX_OFFSET],
      [0, MAX_OFFSET],
    ] as const) {
      expect(verdict(() => checkRange(start, end))).toBe('fine');
    }
  });

  it.each(notOffsets)('is no place for %p', (bad) => {
    const value = bad as number;
    expect(verdict(() => checkRange(value, MAX_OFFSET))).toBe('INVALID_RANGE');
    expect(verdict(() => checkRange(0, value))).toBe('INVALID_RANGE');
    expect(verdict(() => checkSpan(value, 0))).toBe('INVALID_RANGE');
  });

  it('has no range that ends before it starts', () => {
    expect(verdict(() => checkRange(1, 0))).toBe('INVALID_RANGE');
    expect(verdict(() => checkRange(MAX_OFFSET, 0))).toBe('INVALID_RANGE');
  });

  it('has room for spans up to its end, and not past it', () => {
    expect(verdict(() => checkSpan(MAX_OFFSET, 0))).toBe('fine');
    expect(verdict(() => checkSpan(MAX_OFFSET - 1, 1))).toBe('fine');
    expect(verdict(() => checkSpan(MAX_OFFSET, 1))).toBe('INVALID_RANGE');
    expect(verdict(() => checkSpan(MAX_OFFSET - 1, 2))).toBe('INVALID_RANGE');
    expect(verdict(() => checkSpan(2 ** 52, 2 ** 52))).toBe('INVALID_RANGE');
  });

  it('is that of lengths, too, which may be unknown', () => {
    for (const length of [undefined, 0, 1, MAX_OFFSET])
      expect(verdict(() => checkLength('length', length))).toBe('fine');
    for (const length of notOffsets.filter((value) => typeof value !== 'undefined')) {
      expect(verdict(() => checkLength('length', length as number))).toBe('INVALID_ARGUMENT');
    }
  });

  it('is told in messages, which say what was asked and name the argument', () => {
    expect(() => checkRange(7, 3)).toThrow(/\[7, 3\)/);
    expect(() => checkSpan(-7, 3)).toThrow(/offset -7 with length 3/);
    expect(() => checkLength('finalLength', -7)).toThrow(/finalLength.*-7/);
  });
});
