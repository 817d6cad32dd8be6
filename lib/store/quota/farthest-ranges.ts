import type { ByteRange } from '../../range/byte-range.js';

/** How finely it is weighed what is farther away, in bytes. */
const STEP = 2 ** 16;

/**
 * Returns the parts of `ranges` that are farthest from `place`, so many bytes of them or somewhat
 * more; in ascending order.
 *
 * @param ranges - half-open, in ascending order, disjoint
 */
export function farthestRanges(ranges: readonly ByteRange[], place: number, bytes: number): ByteRange[] {
  let first = 0;
  let last = ranges.length - 1;
  let from = ranges[first]?.start ?? 0;
  let to = ranges[last]?.end ?? 0;
  const before: ByteRange[] = [];
  const behind: ByteRange[] = [];
  for (let left = bytes; left > 0 && (first < last || (first === last && from < to));) {
    const low = ranges[first];
    const high = ranges[last];
    if (low === undefined || high === undefined) break;
    if (to - place >= place - from) {
      const start = Math.max(to - STEP, first === last ? from : high.start);
      append(behind, { start, end: to });
      left -= to - start;
      to = start;
      if (to > high.start || first === last) continue;
      last -= 1;
      to = ranges[last]?.end ?? 0;
    } else {
      const end = Math.min(from + STEP, first === last ? to : low.end);
      append(before, { start: from, end });
      left -= end - from;
      from = end;
      if (from < low.end || first === last) continue;
      first += 1;
      from = ranges[first]?.start ?? 0;
    }
  }
  return [...before, ...behind.reverse()];
}

/** Adds a range, joined to the one that was added before if they touch. */
function append(ranges: ByteRange[], range: ByteRange): void {
  const last = ranges.at(-1);
  if (last?.end === range.start) ranges[ranges.length - 1] = { start: last.start, end: range.end };
  else if (last?.start === range.end) ranges[ranges.length - 1] = { start: range.start, end: last.end };
  else ranges.push(range);
}
