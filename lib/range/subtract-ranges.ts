import type { ByteRange } from './byte-range.js';

/**
 * The parts of `ranges` that lie in none of `others`. Both are ordered by their starts; `ranges`
 * are disjoint, `others` may overlap.
 */
export function subtractRanges(ranges: Iterable<ByteRange>, others: Iterable<ByteRange>): ByteRange[] {
  const left: ByteRange[] = [];
  const rest = others[Symbol.iterator]();
  let other = rest.next();
  for (const { start, end } of ranges) {
    let at = start;
    for (; other.done !== true && other.value.start < end; other = rest.next()) {
      if (other.value.start > at) left.push({ start: at, end: other.value.start });
      at = Math.max(at, other.value.end);
      // It may reach into the next range.
      if (at >= end) break;
    }
    if (at < end) left.push({ start: at, end });
  }
  return left;
}
