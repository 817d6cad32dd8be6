import type { Coverage } from '../coverage/coverage.js';
import type { ByteRange } from '../range/byte-range.js';

/** What one coverage has that another lacks, and the other way round: pairs of starts and ends. */
export interface CoverageChanges {
  readonly removed: Float64Array;
  readonly added: Float64Array;
}

/** Returns what has changed from `before` to `after`; undefined if nothing has. */
export function coverageChanges(before: Coverage, after: Coverage): CoverageChanges | undefined {
  const removed = missingIn(after, before);
  const added = missingIn(before, after);
  return removed.length + added.length === 0 ? undefined : { removed, added };
}

/** The ranges of a coverage as pairs. */
export function pairsOf(ranges: Iterable<ByteRange>): Float64Array {
  const pairs: number[] = [];
  for (const { start, end } of ranges) pairs.push(start, end);
  return Float64Array.from(pairs);
}

/** The ranges that pairs stand for. */
export function* rangesOf(pairs: Float64Array): Iterable<ByteRange> {
  for (let at = 0; at + 1 < pairs.length; at += 2) yield { start: pairs[at] ?? 0, end: pairs[at + 1] ?? 0 };
}

/** What `all` has and `some` lacks. */
function missingIn(some: Coverage, all: Coverage): Float64Array {
  const pairs: number[] = [];
  for (const range of all) for (const { start, end } of some.gaps(range)) pairs.push(start, end);
  return Float64Array.from(pairs);
}
